"""Roles: named rights that users share. For administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypeVar

from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.embedded_rows import get_embedded_rows
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.users.rights import Rights, validate_rights
from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.attr import Plain
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    pass

R = TypeVar("R", bound="Role", default="Role", covariant=True)

RoleInclude = Literal["users"]


class RoleQuery(DeletableQuery[R]):
    """A query of roles: Kommo does not filter them."""

    _includes = get_args(RoleInclude)

    def include(self, *names: RoleInclude) -> Self:
        """Load the ids of the roles' users (`role.user_ids`)."""
        return self._add_includes(names)

    def create(self, name: str, rights: Rights) -> R:
        """Create a role; what `rights` does not grant is denied.

        Example:
            >>> Role.objects.create("Sales", Rights(leads=CardRights(view="A", edit="M", add="A")))
        """
        return self._create_object({"name": name, "rights": rights})

    async def acreate(self, name: str, rights: Rights) -> R:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "rights": rights})


class RoleManager(Manager):
    """`Role.objects`."""

    def __get__(self, instance: None, owner: type[R]) -> RoleQuery[R]:
        return RoleQuery(require_class(instance, owner))


class Role(Deletable):
    """A role. Changing `rights` in place counts; its users have the new rights at once.

    Example:
        >>> role.rights.mail_access = False
        >>> role.save()

    Source: Kommo API v4, "Roles".
    """

    __kommo_info__ = EntityInfo(kind="roles", required=("name", "rights"), has_custom_fields=False)

    name: Plain[str] = field()
    rights: Plain[Rights] = field()

    objects = RoleManager()

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """A role has rights of its own and no user's: neither a role nor a group."""
        if "rights" in body:
            rights = self.rights
            given = {name: getattr(rights, name) for name in ("role_id", "group_id", "is_free")}
            alien = [name for name, value in given.items() if value is not None and value is not False]
            if alien:
                raise ConfigurationError(f"{describe(self)}: rights.{alien[0]} is for users, a role cannot have it")
            body["rights"].pop("is_free", None)
            validate_rights(self, body["rights"])
        return body

    @property
    def user_ids(self) -> tuple[int, ...]:
        """Ids of the users who have the role.

        Raises:
            NotLoaded: the service was not asked for them.
        """
        users = get_embedded_rows(self, "users", "users")
        return tuple(int(user["id"] if is_object(user) else user) for user in users)


register_class("roles", Role)
__all__ = ["Role", "RoleQuery"]
