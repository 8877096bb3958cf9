"""Users: created with a secret that is shown nowhere, switched on and off, never changed."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import ConfigurationError, Forbidden, Kommo, NotLoaded, QueryError
from kommo_orm.entities.users.rights import CardRights, ListRights, Rights, StageRights
from kommo_orm.entities.users.role import Role
from kommo_orm.entities.users.user import User
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

PASSWORD = "Geheim-77"
ROW: dict[str, Any] = {
    "id": 9100002,
    "name": None,
    "email": "ana@olive.example",
    "lang": "es",
    "rights": {
        "leads": {"view": "A", "edit": "X", "add": "A", "delete": "D", "export": "D"},
        "contacts": [],
        "tasks": None,
        "mail_access": True,
        "status_rights": None,
        "catalog_rights": ["add", {"catalog_id": "edit", "rights": "A"}, {"catalog_id": 31, "rights": {"view": "L"}}],
        "custom_fields_rights": None,
        "is_admin": False,
        "is_active": True,
        "group_id": None,
        "role_id": 77,
    },
    "_embedded": {"roles": [{"id": 77, "name": "Sales"}], "groups": [{"id": 0, "name": "Office"}]},
}


def created(name: str = "Ana Ruiz", email: str = "ana@olive.example", **options: Any) -> User:
    return User.objects.create(name, email, PASSWORD, **options)


def test_odd_rights_read_and_broken_rows_keep_what_was_sent():
    user = User.hydrate([ROW])[0]
    assert (user.rights.leads.edit, user.rights.contacts.view, user.rights.status_rights) == ("X", None, None)
    lists = user.rights.catalog_rights or []
    assert [(row.catalog_id, row.rights.view, row.extra) for row in lists] == [
        (None, None, {"": "add"}),
        (None, None, {"catalog_id": "edit", "rights": "A"}),
        (31, "L", {}),
    ]
    assert user.rights.extra == {"custom_fields_rights": None}
    assert (user.is_admin, user.is_active, user.name) == (False, True, None)


def test_role_and_group_are_there_when_asked_for():
    user = User.hydrate([ROW])[0]
    assert isinstance(user.role, Role)
    assert (user.role.id, user.role.name) == (77, "Sales")
    assert user.group is not None
    assert (user.group.id, user.group.name, user.group.uuid) == (0, "Office", None)
    bare = User.hydrate([{key: value for key, value in ROW.items() if key != "_embedded"}])[0]
    with pytest.raises(NotLoaded, match=r"\.include\('group'\)"):
        bare.group  # noqa: B018
    with pytest.raises(NotLoaded, match=r"\.include\("):
        bare.role  # noqa: B018


def test_create_sends_the_password_and_forgets_it(kommo: Kommo, sandbox: Sandbox):
    role = Role.objects.create("Sales", Rights(leads=CardRights(view="A")))
    user = created(lang="es", rights=Rights(role_id=role.id, leads=CardRights(view="A")))
    body = bodies(sandbox, "POST")[-1][0]
    assert body["password"] == PASSWORD
    assert body["rights"] == {"role_id": role.id}
    assert user.rights.role_id == role.id
    assert user.changes == {}
    with pytest.raises(NotLoaded):
        user.password  # noqa: B018


def test_the_password_is_shown_nowhere():
    user = User(name="Ana", email="ana@olive.example", password=PASSWORD)
    shown = [repr(user), str(user.changes), str(user.model_dump()), user.model_dump_json()]
    assert not any(PASSWORD in text for text in shown)


def test_includes(kommo: Kommo):
    (user,) = User.objects.include("role", "group", "uuid").list()
    assert (user.role, user.group is not None, user.uuid is not None) == (None, True, True)
    with pytest.raises(NotLoaded, match=r"\.include\('phone_number'\)"):
        user.phone_number  # noqa: B018


def test_switching_off_and_on(kommo: Kommo, sandbox: Sandbox):
    user = created()
    User.objects.deactivate(user)
    assert sent(sandbox)[-1] == ("POST", "/api/v4/users/deactivate", [{"id": user.id}])
    assert user.is_active is False
    assert User.objects.get(user.id).is_active is False
    User.objects.activate(user.id)
    assert User.objects.get(user.id).is_active is True
    with pytest.raises(QueryError, match="needs users"):
        User.objects.activate()
    with pytest.raises(Forbidden):
        User.objects.deactivate(sandbox.users[0]["id"])


def test_switching_goes_ten_at_once(kommo: Kommo, sandbox: Sandbox):
    report = User.objects.bulk_create(
        [User(name=f"U {n}", email=f"u{n}@olive.example", password=PASSWORD) for n in range(12)]
    )
    assert report.requests == 2
    before = len(sent(sandbox))
    User.objects.deactivate(*report.ids)
    assert len(sent(sandbox)) == before + 2


def test_users_cannot_be_changed(kommo: Kommo, sandbox: Sandbox):
    user = created()
    user.name = "Other"
    with pytest.raises(ConfigurationError, match="at creation only"):
        user.save()
    assert not hasattr(User, "delete")


async def test_async(kommo: Kommo):
    user = await User.objects.acreate("Ana", "ana@olive.example", PASSWORD)
    await User.objects.adeactivate(user)
    await User.objects.aactivate(user)
    assert (await User.objects.aget(user.id)).is_active is True


@pytest.mark.parametrize("password", ["Pas1", "password1", "PASSWORD1", "Password", ""])
def test_weak_passwords_are_not_sent_and_not_shown(kommo: Kommo, sandbox: Sandbox, password: str):
    with pytest.raises(ConfigurationError, match="at least six characters") as caught:
        User.objects.create("Ana", "ana@olive.example", password)
    assert not password or password not in str(caught.value)
    assert sent(sandbox) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 51])
def test_names_that_kommo_refuses_are_not_sent(kommo: Kommo, sandbox: Sandbox, name: str):
    with pytest.raises(ConfigurationError, match="1 to 50 characters"):
        User.objects.create(name, "ana@olive.example", PASSWORD)
    assert sent(sandbox) == []


@pytest.mark.parametrize(
    ("rights", "told"),
    [
        (Rights(contacts=CardRights(view="L")), "rights.contacts.view is one of A, G, M, D, not 'L'"),
        (Rights(catalog_rights=[ListRights(catalog_id=5, rights=CardRights(view="G"))]), "is one of A, L, D"),
        (
            Rights(
                status_rights=[
                    StageRights(entity_type="leads", pipeline_id=1, status_id=2, rights=CardRights(edit="M"))
                ]
            ),
            "rights.status_rights.edit is one of A, D",
        ),
    ],
)
def test_rights_that_are_none_are_not_sent(kommo: Kommo, sandbox: Sandbox, rights: Rights, told: str):
    for create in (
        lambda: User.objects.create("Ana", "ana@olive.example", PASSWORD, rights=rights),
        lambda: Role.objects.create("Sales", rights),
    ):
        with pytest.raises(ConfigurationError, match=told):
            create()
    assert sent(sandbox) == []
