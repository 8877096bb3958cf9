"""Users of an account. For administrators. Kommo can create users and switch them on and off, but not change them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Self, get_args

from pydantic import SecretStr
from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.account.account import UserGroup
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.embedded_rows import get_embedded_rows
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.entities.users.rights import Rights, validate_rights
from kommo_orm.entities.users.role import Role
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.embedded_object import EmbeddedObject
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import describe

U = TypeVar("U", bound="User", default="User", covariant=True)

UserInclude = Literal["role", "group", "uuid", "amojo_id", "user_rank", "phone_number"]
AT_ONCE = 10  # users in one switching request
LONGEST_NAME = 50
SHORTEST_PASSWORD = 6


class UserOptions(TypedDict, total=False):
    """Values of a new user beside its name, address and password. Without rights everything is denied."""

    lang: str
    rights: Rights


class UserQuery(Query[U]):
    """A query of users: Kommo neither filters nor orders them."""

    _includes = get_args(UserInclude)

    def include(self, *names: UserInclude) -> Self:
        """Load more of the users: their role, group, ids in other systems."""
        return self._add_includes(names)

    def create(self, name: str, email: str, password: str, **options: Unpack[UserOptions]) -> U:
        """Create a user. The password has six characters at least, with a digit, an upper and a lower case letter.

        Raises:
            ConfigurationError: the password or the name is none that Kommo takes, or a right is no letter of its kind.

        Example:
            >>> User.objects.create("Ana Ruiz", "ana@olive.example", password, rights=Rights(role_id=77))
        """
        return self._create_object({"name": name, "email": email, "password": password, **options})

    async def acreate(self, name: str, email: str, password: str, **options: Unpack[UserOptions]) -> U:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "email": email, "password": password, **options})

    def activate(self, *users: User | int) -> None:
        """Switch users on, given as objects or ids. Administrators cannot be switched."""
        self._require_connection().run(switch_users(self._require_connection(), users, on=True))

    async def aactivate(self, *users: User | int) -> None:
        """`activate()` for async code."""
        await self._require_connection().arun(switch_users(self._require_connection(), users, on=True))

    def deactivate(self, *users: User | int) -> None:
        """Switch users off, given as objects or ids. Administrators cannot be switched."""
        self._require_connection().run(switch_users(self._require_connection(), users, on=False))

    async def adeactivate(self, *users: User | int) -> None:
        """`deactivate()` for async code."""
        await self._require_connection().arun(switch_users(self._require_connection(), users, on=False))


class UserManager(Manager):
    """`User.objects`."""

    def __get__(self, instance: None, owner: type[U]) -> UserQuery[U]:
        return UserQuery(require_class(instance, owner))


class User(Editable):
    """A user. `rights.is_active` is whether they can log in; users that were switched off are listed too.

    Example:
        >>> for user in User.objects.include("role"):
        ...     print(user.name, user.role.name if user.role else "-")

    Source: Kommo API v4, "Users".
    """

    __kommo_info__ = EntityInfo(
        kind="users",
        required=("name", "email", "password"),
        on_request=frozenset({"uuid", "amojo_id", "user_rank", "phone_number"}),
        has_custom_fields=False,
    )

    name: Plain[str | None] = field(writable="create")
    email: Plain[str] = field(writable="create")
    password: Attr[SecretStr, SecretStr | str, Unfilterable[Any]] = field(writable="create")
    lang: Plain[str | None] = field(writable="create")
    rights: Plain[Rights] = field(writable="create")
    uuid: ReadOnly[str | None] = field()
    amojo_id: ReadOnly[str | None] = field()
    user_rank: ReadOnly[str | None] = field()
    phone_number: ReadOnly[str | None] = field()

    role = EmbeddedObject[Role]("roles", "roles")

    objects = UserManager()

    @property
    def group(self) -> UserGroup | None:
        """The user's group. Raises `NotLoaded` when the service was not asked for it."""
        return next((UserGroup.from_raw(found) for found in get_embedded_rows(self, "groups", "group")), None)

    @property
    def is_active(self) -> bool | None:
        """Whether the user can log in; None where the service does not say."""
        return self.rights.is_active

    @property
    def is_admin(self) -> bool | None:
        """Whether the user is an administrator; None where the service does not say."""
        return self.rights.is_admin

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """What Kommo asks of names and passwords. Source: Kommo API v4, "Add users"."""
        name, password = body.get("name"), body.get("password")
        if name is not None and not (name.strip() and len(name) <= LONGEST_NAME):
            raise ConfigurationError(f"{describe(self)}: a name has 1 to {LONGEST_NAME} characters")
        if password is not None and not is_valid_password(password):
            raise ConfigurationError(
                f"{describe(self)}: a password has at least six characters, with a digit, an upper and a lower case letter"
            )
        validate_rights(self, body.get("rights") or {})
        return body

    def _after_write(self, row: dict[str, Any]) -> None:
        """Forget the password, which is of no use after the creation."""
        get_values(self).pop("password", None)
        self.__kommo_state__.forget_baseline("password")


def is_valid_password(password: str) -> bool:
    return len(password) >= SHORTEST_PASSWORD and all(
        any(map(has, password)) for has in (str.isdigit, str.isupper, str.islower)
    )


def switch_users(connection: Connection, users: Sequence[User | int], *, on: bool) -> Flow[None]:
    """Switch users on or off, ten a request."""
    name = "activate" if on else "deactivate"
    refuse_list_argument(users, name, QueryError)
    ids = [validate_pk(user.pk if isinstance(user, User) else user) for user in users]
    if not ids:
        raise QueryError(f"{name}() needs users or their ids")
    for chunk in split_chunks(ids, AT_ONCE):
        yield from run_action(connection, Action(name, User.__kommo_kind__, tuple(chunk)))
    for user in iterate_users(users):
        update_is_active(user, on=on)


def iterate_users(users: Sequence[User | int]) -> Iterator[User]:
    return (user for user in users if isinstance(user, User))


def update_is_active(user: User, *, on: bool) -> None:
    """Update `rights.is_active` of an object that was switched."""
    state = user.__kommo_state__
    rights = (state.row or {}).get("rights")
    if isinstance(rights, dict):
        state.set_in_row("rights", {**rights, "is_active": on})
        get_values(user).pop("rights", None)


register_class("users", User)
__all__ = ["User", "UserQuery"]
