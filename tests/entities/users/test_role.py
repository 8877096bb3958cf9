"""Roles: rights change in place and are sent whole, without what could not be read."""

from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Kommo, NotLoaded
from kommo_orm.entities.users.rights import CardRights, ListRights, Rights, StageRights
from kommo_orm.entities.users.role import Role
from kommo_orm.entities.users.user import User
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent


def test_create_and_change_in_place(kommo: Kommo, sandbox: Sandbox):
    role = Role.objects.create("Sales", Rights(leads=CardRights(view="A", edit="M", add="A"), mail_access=True))
    assert bodies(sandbox, "POST") == [
        [
            {
                "name": "Sales",
                "rights": {"leads": {"view": "A", "edit": "M", "add": "A"}, "mail_access": True},
                "request_id": "0",
            }
        ]
    ]
    assert role.rights.contacts.view == "D"
    role.rights.leads.view = "G"
    assert list(role.changes) == ["rights"]
    role.save()
    assert bodies(sandbox)[0]["rights"]["leads"] == {"view": "G", "edit": "M", "add": "A"}
    assert "status_rights" not in bodies(sandbox)[0]["rights"]
    assert role.changes == {}
    assert Role.objects.get(role.id).rights.leads.view == "G"


def test_rows_that_could_not_be_read_are_not_sent_and_nothing_is_cleared_for_them():
    read = Rights.from_raw({"catalog_rights": [{"catalog_id": "add", "rights": "A"}]})
    assert read.to_raw() == {}
    mixed = Rights.from_raw({"catalog_rights": [{"catalog_id": 31, "rights": {"view": "L"}}, {"catalog_id": "add"}]})
    assert mixed.to_raw() == {"catalog_rights": [{"catalog_id": 31, "rights": {"view": "L"}}]}
    assert Rights(status_rights=[]).to_raw() == {"status_rights": []}


def test_a_free_user_is_only_free():
    assert Rights(is_free=True, leads=CardRights(view="A"), group_id=5).to_raw() == {"is_free": True, "group_id": 5}


def test_rights_of_stages_and_lists():
    stage = StageRights(entity_type="leads", pipeline_id=7, status_id=11, rights=CardRights(view="D"))
    rights = Rights(status_rights=[stage], catalog_rights=[ListRights(catalog_id=31, rights=CardRights(view="L"))])
    assert rights.to_raw() == {
        "status_rights": [{"entity_type": "leads", "pipeline_id": 7, "status_id": 11, "rights": {"view": "D"}}],
        "catalog_rights": [{"catalog_id": 31, "rights": {"view": "L"}}],
    }


def test_users_come_on_request_as_ids_or_objects(kommo: Kommo):
    role = Role.objects.create("Sales", Rights())
    user = User.objects.create("Ana", "ana@olive.example", "Geheim-77", rights=Rights(role_id=role.id))
    assert Role.objects.include("users").get(role.id).user_ids == (user.id,)
    assert Role.hydrate([{"id": 1, "_embedded": {"users": [{"id": "5"}, 7]}}])[0].user_ids == (5, 7)
    with pytest.raises(NotLoaded, match=r"\.include\('users'\)"):
        Role.objects.get(role.id).user_ids  # noqa: B018


def test_delete(kommo: Kommo):
    roles = [Role.objects.create(name, Rights(mail_access=True)) for name in ("A", "B")]
    roles[0].delete()
    report = Role.objects.all().delete()
    assert (len(report.deleted), report.requests) == (1, 1)


async def test_async(kommo: Kommo):
    role = await Role.objects.acreate("Sales", Rights(mail_access=True))
    await role.adelete()
    report = await Role.objects.all().adelete()
    assert report.deleted == []
    with pytest.raises(ConfigurationError, match="without rights"):
        await Role(name="x").asave()


@pytest.mark.parametrize("rights", [Rights(role_id=7), Rights(group_id=0, mail_access=True), Rights(is_free=True)])
def test_a_role_has_no_rights_of_users(kommo: Kommo, sandbox: Sandbox, rights: Rights):
    with pytest.raises(ConfigurationError, match="is for users, a role cannot have it"):
        Role.objects.create("Sales", rights)
    assert sent(sandbox) == []
    Role.objects.create("Sales", Rights(mail_access=True, is_free=False))
    assert sent(sandbox)[0][2][0]["rights"] == {"mail_access": True}
