"""The account, its users, pipelines and definitions."""

from __future__ import annotations

import pytest

from kommo_orm import CustomField, Lead, Pipeline, Status, User
from kommo_orm.errors import BadRequest
from tests.dialects.suite.spoken import Deal, Firm, Person, Spoken, furnished


def test_the_account_can_be_read(spoken: Spoken) -> None:
    account = spoken.kommo.account("users_groups", "task_types", "datetime_settings")
    assert account.subdomain == "sandbox"
    assert account.currency
    assert account.current_user_id == spoken.sandbox.users[0]["id"]
    assert account.datetime_settings.timezone == "Europe/Lisbon"
    assert {one.id for one in account.task_types} >= {1, 2}
    assert all(group.name for group in account.users_groups)


def test_the_zone_is_asked_for(spoken: Spoken) -> None:
    sandbox = furnished(timezone="America/New_York")
    with sandbox.connect(dialect=spoken.dialect) as other:
        Deal.objects.using(other).create(name="x")
        deal = Deal(name="x", signed=Deal.objects.using(other).one().created_at.date())
        deal.save(using=other)
        assert str(other.timezone) == "America/New_York"
        assert Deal.objects.using(other).get(deal.id).signed == deal.signed


def test_users(spoken: Spoken) -> None:
    users = User.objects.include("group").list()
    assert {user.id for user in users} == {row["id"] for row in spoken.sandbox.users}
    user = User.objects.get(users[0].id)
    assert (user.name, user.email) == (users[0].name, users[0].email)
    assert user.email
    assert (user.is_active, user.is_admin) == (True, True)
    assert user.rights.leads.view == "A"


def test_pipelines_with_their_stages(spoken: Spoken) -> None:
    (pipeline,) = Pipeline.objects.list()
    assert pipeline.is_main
    assert {142, 143} <= {status.id for status in pipeline.statuses}
    statuses = Status.objects.of(pipeline).list()
    assert {status.id for status in statuses} == {status.id for status in pipeline.statuses}
    assert all(status.pipeline_id == pipeline.id for status in statuses)
    assert Pipeline.objects.get(pipeline.id).name == pipeline.name


def test_pipelines_are_made_changed_and_deleted(spoken: Spoken) -> None:
    made = Pipeline.objects.create(
        "Renewals", sort=20, statuses=[Status(name="First", sort=10), Status(id=142, name="Done")]
    )
    found = Pipeline.objects.get(made.id)
    names = {status.id: status.name for status in found.statuses}
    assert "First" in names.values()
    assert names[142] == "Done"
    found.name = "Again"
    found.save()
    again = Pipeline.objects.get(made.id)
    assert again.name == "Again"
    assert {status.name for status in again.statuses} == set(names.values())
    again.delete()
    assert made.id not in [pipeline.id for pipeline in Pipeline.objects]


def test_the_pipeline_that_kommo_made_can_be_renamed(spoken: Spoken) -> None:
    """Its stages have colours that Kommo gives and does not take."""
    (pipeline,) = Pipeline.objects.list()
    before = [(stage.id, stage.name, stage.color) for stage in pipeline.statuses]
    pipeline.name = "Sales"
    pipeline.save()
    pipeline.refresh()
    assert (pipeline.name, [(stage.id, stage.name, stage.color) for stage in pipeline.statuses]) == ("Sales", before)


def test_a_changed_pipeline_is_not_taken_back_by_the_next_change(spoken: Spoken) -> None:
    made = Pipeline.objects.create("Renewals", sort=20, statuses=[Status(name="First call", sort=10)])
    pipeline = Pipeline.objects.get(made.id)
    pipeline.name = "Sales"
    pipeline.save()
    pipeline.sort = 70
    pipeline.save()
    pipeline.name = "Sales 2"
    pipeline.save()
    found = Pipeline.objects.get(pipeline.id)
    assert (found.name, found.sort) == ("Sales 2", 70)


def test_the_last_pipeline_stays(spoken: Spoken) -> None:
    (pipeline,) = Pipeline.objects.list()
    with pytest.raises(BadRequest):
        pipeline.delete()


def test_definitions_fit_what_classes_declare(spoken: Spoken) -> None:
    assert spoken.kommo.check(Deal, Person, Firm) == []


def test_definitions_are_listed_made_and_deleted(spoken: Spoken) -> None:
    fields = {field.name: field for field in CustomField.objects.of(Lead)}
    assert [option.value for option in fields["Source"].enums] == ["web", "call", "fair"]
    assert fields["Signed on"].type == "date"
    made = CustomField.objects.of(Lead).create("Colour", "select", enums=["red", "blue"])
    found = CustomField.objects.of(Lead).get(made.id)
    assert (found.name, found.type, [option.value for option in found.enums]) == ("Colour", "select", ["red", "blue"])
    assert [field.name for field in CustomField.objects.of(Lead).filter(type="radiobutton")] == ["Size"]
    found.delete()
    assert "Colour" not in {field.name for field in CustomField.objects.of(Lead)}
