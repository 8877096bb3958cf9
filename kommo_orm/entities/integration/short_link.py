"""Short links: addresses of Kommo's own that lead to another one and note on a contact that it was opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypeVar

from kommo_orm.entities.integration.url_values import URL
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.parent_object import ParentObject
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.model.model import Model

S = TypeVar("S", bound="ShortLink", default="ShortLink", covariant=True)


class ShortLinkQuery(Query[S]):
    """Short links are created and never read again: `create()` and `bulk_create()` are all that there is."""

    def create(self, url: str, contact: Contact | int) -> S:
        """Make one short link to `url`, for one contact (or its id).

        Example:
            >>> ShortLink.objects.create("https://shop.example/offer", contact).short_url
            'https://kommo.link/K/AB12CD'
        """
        return self._create_object({"url": url, **_build_contact_values(contact)})

    async def acreate(self, url: str, contact: Contact | int) -> S:
        """`create()` for async code."""
        return await self._acreate_object({"url": url, **_build_contact_values(contact)})


def _build_contact_values(contact: Contact | int) -> dict[str, Any]:
    return {"entity_id": contact, "entity_type": "contacts"} if isinstance(contact, int) else {"entity": contact}


class ShortLinkManager(Manager):
    """`ShortLink.objects`."""

    def __get__(self, instance: None, owner: type[S]) -> ShortLinkQuery[S]:
        return ShortLinkQuery(require_class(instance, owner))


class ShortLink(Editable):
    """A short address, `short_url`, of a long one, `url`, for one contact. It is its own id; Kommo gives no other.

    Many are made 250 a request. What the service answers carries no marks and is taken in the order that was sent: if
    it is of another length, all of them are uncertain.

    Example:
        >>> links = [ShortLink(url="https://shop.example/offer", entity=contact) for contact in contacts]
        >>> ShortLink.objects.bulk_create(links)
        >>> links[0].short_url
        'https://kommo.link/K/AB12CD'

    Source: Kommo API v4, "Short links".
    """

    __kommo_info__ = EntityInfo(
        kind="short_links", required=("url",), id_type=str, is_write_only=True, has_custom_fields=False
    )

    id: Attr[str, str, Unfilterable[Any]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    url: Plain[str] = field(codec=URL, writable="create")
    short_url: ReadOnly[str] = field()
    entity_id: Plain[int] = field(positive=True, writable="create")
    entity_type: Attr[str, Literal["contacts"], Unfilterable[Any]] = field(writable="create")
    metadata: ReadOnly[dict[str, Any]] = field()
    account_id: ReadOnly[int] = field()

    objects = ShortLinkManager()

    if TYPE_CHECKING:
        entity: ParentObject = ParentObject("contacts")

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
    else:
        entity = ParentObject("contacts")

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """Whose link it is stands in its metadata."""
        whose = {"entity_type": body.pop("entity_type", "contacts"), "entity_id": body.pop("entity_id", None)}
        if whose["entity_id"] is None and not _is_waiting(self):
            raise ConfigurationError(f"{describe(self)} is for a contact: give it entity=contact, or entity_id")
        body["metadata"] = whose
        return body

    def _after_write(self, row: dict[str, Any]) -> None:
        """A link is for a contact, also where that went without saying."""
        state = self.__kommo_state__
        if "entity_type" not in state.baseline:
            state.set_baseline("entity_type", "contacts")


def _is_waiting(model: Model) -> bool:
    """Whether its contact is new and has its turn first."""
    parent = model.__kommo_state__.attached.get("entity")
    return parent is not None and getattr(parent, "object", None) is not None


register_class("short_links", ShortLink)
__all__ = ["ShortLink", "ShortLinkQuery"]
