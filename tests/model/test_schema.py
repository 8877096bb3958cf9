"""Definitions of custom fields: asked once per kind when first needed, kept for a while, and once more when they seem old."""

from __future__ import annotations

import threading

import pytest

from kommo_orm import BadRequest, ConfigurationError, Kommo, Lead
from kommo_orm.model.definition import Choice, Definition, parse_definitions
from kommo_orm.model.schema import Definitions
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked, bodies, option_id, value_in

LEADS, CONTACTS = "/api/v4/leads/custom_fields", "/api/v4/contacts/custom_fields"


def test_ids_are_taken_as_given_and_nothing_is_asked(kommo: Kommo, sandbox: Sandbox):
    Deal(name="Roof", budget=5).save()
    assert asked(sandbox) == []


@pytest.mark.parametrize(
    "values",
    [{"source": "web"}, {"remark": "x"}, {"regions": ["EU"]}, {"source": "web", "remark": "x", "regions": ["EU"]}],
    ids=repr,
)
def test_names_and_options_are_asked_once(kommo: Kommo, sandbox: Sandbox, values):
    for _ in range(3):
        Deal(name="Roof", **values).save()
    assert asked(sandbox) == [LEADS]


def test_each_kind_has_its_own(kommo: Kommo, sandbox: Sandbox):
    Deal(remark="x").save()
    Person(name="Ann", phone="+1").save()
    Deal(remark="y").save()
    assert asked(sandbox) == [LEADS, CONTACTS]


def test_reading_rows_asks_for_no_definitions(kommo: Kommo, sandbox: Sandbox):
    Deal(name="Roof", source="web", remark="x").save()
    sandbox.log.clear()
    with sandbox.connect(timezone="UTC"):
        [deal] = Deal.objects.list()
        assert (deal.source, deal.remark) == ("web", "x")
    assert asked(sandbox) == ["/api/v4/leads"]


def test_all_pages_of_the_definitions_are_read(kommo: Kommo, sandbox: Sandbox):
    for number in range(300):
        sandbox.add_field("leads", f"Field {number}", "text")
    found = kommo.run(kommo.schema.get_definitions("leads"))
    assert len([row for row in found.rows if row.name.startswith("Field ")]) == 300
    assert set(asked(sandbox)) == {LEADS}


def test_they_are_asked_again_when_they_are_too_old(sandbox: Sandbox):
    now = [1000.0]
    with sandbox.connect(schema_ttl=60) as kommo:
        kommo.schema._clock = lambda: now[0]
        Deal(remark="x").save()
        now[0] += 59
        Deal(remark="y").save()
        assert asked(sandbox) == [LEADS]
        now[0] += 1
        Deal(remark="z").save()
    assert asked(sandbox) == [LEADS, LEADS]


def test_threads_that_need_them_together_ask_once(sandbox: Sandbox):
    slow = sandbox
    slow.faults.next(method="GET", path=LEADS, delay=0.1)
    with slow.connect() as kommo:
        threads = [threading.Thread(target=lambda: Deal(remark="x").save(using=kommo)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert asked(slow) == [LEADS]
    assert len(slow.rows("leads")) == 8


async def test_tasks_that_need_them_together_ask_once(sandbox: Sandbox):
    import asyncio

    sandbox.faults.next(method="GET", path=LEADS, delay=0.05)
    async with sandbox.connect():
        await asyncio.gather(*(Deal(remark="x").asave() for _ in range(8)))
    assert asked(sandbox) == [LEADS]


def moved_option(sandbox: Sandbox) -> int:
    """The account's option "web" gets another id: it was deleted and made again."""
    field = next(row for row in sandbox.account.store.iter_rows("custom_fields") if row["name"] == "Source")
    option = next(option for option in field["enums"] if option["value"] == "web")
    option["id"] += 5000
    sandbox.account.clear_definition_cache()
    return int(option["id"])


def test_a_refused_option_is_asked_once_more_and_sent_again(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="Roof", source="web")
    deal.save()
    old, new = option_id(sandbox, "Source", "web"), moved_option(sandbox)
    deal.source = "call"
    deal.save()
    sandbox.log.clear()
    deal.source = "web"
    deal.save()
    sent = [body["custom_fields_values"][0]["values"] for body in bodies(sandbox)]
    assert sent == [[{"enum_id": old}], [{"enum_id": new}]]
    assert asked(sandbox) == [LEADS]
    assert value_in(sandbox, "leads", deal.id, "Source") == ["web"]


def test_an_option_that_is_really_gone_is_refused_with_the_nearest(kommo: Kommo, sandbox: Sandbox):
    Deal(name="Roof", source="web").save()
    field = next(row for row in sandbox.account.store.iter_rows("custom_fields") if row["name"] == "Source")
    field["enums"] = [option for option in field["enums"] if option["value"] != "web"]
    sandbox.account.clear_definition_cache()
    deal = Deal(name="Wall", source="web")
    with pytest.raises(BadRequest, match="'web' is not an option of custom field 'Source'") as refused:
        deal.save()
    assert [(item.field, item.code) for item in refused.value.items] == [("source", "NotSupportedChoice")]
    assert deal.is_new
    assert deal.source == "web"


def test_an_unknown_option_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(
        ConfigurationError, match="the value of 'source' cannot be sent: 'wep' is not an option .* did you mean 'web'"
    ):
        Deal(name="Roof", source="wep").save()
    assert bodies(sandbox, "POST") == []


def test_a_refusal_that_the_definitions_explain_nothing_of_is_told_as_it_is(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof", responsible_user_id=999)
    with pytest.raises(BadRequest) as refused:
        lead.save()
    assert refused.value.items[0].field == "responsible_user_id"
    assert asked(sandbox) == []


# ---- the values themselves
ROWS = Definitions(
    "leads",
    [
        Definition(1, "Phone", "text", "SIZE"),
        Definition(2, "SIZE", "text"),
        Definition(3, "Twin", "text"),
        Definition(4, "Twin", "text"),
    ],
    0.0,
)


def test_a_field_is_found_by_id_then_by_code_then_by_name():
    assert [ROWS.find_definition(key).id for key in (2, "SIZE", "Phone")] == [2, 1, 1]  # type: ignore[union-attr]
    assert ROWS.find_definition("nothing") is None
    with pytest.raises(ConfigurationError, match=r"2 custom fields named 'Twin' \(ids 3, 4\)"):
        ROWS.find_definition("Twin")


def test_the_nearest_name_is_told():
    assert ROWS.describe_nearest("Phon") == "did you mean 'Phone' (id 1)?"
    assert ROWS.describe_nearest("zzz") == "it has 'Phone' (id 1), 'SIZE' (id 2), 'Twin' (id 3) and 1 more"
    assert ROWS.describe_nearest(99999, "twin_") == "did you mean 'Twin' (id 3) or 'Twin' (id 4)?"
    assert Definitions("leads", [], 0.0).describe_nearest("x") == "it has none"


def test_a_definition_is_read_from_its_row_however_odd():
    row = {
        "id": "7",
        "name": None,
        "type": None,
        "code": "",
        "enums": {"0": {"id": "1", "value": "a"}, "1": None},
        "nested": None,
        "currency": "",
    }
    assert parse_definitions([row]) == [Definition(7, "", "text", None, (Choice(1, "a"),))]
    tree = {
        "id": 8,
        "name": "Tree",
        "type": "category",
        "nested": [{"id": 1, "value": "a", "code": "A"}],
        "is_computed": True,
    }
    assert parse_definitions([tree]) == [
        Definition(8, "Tree", "category", None, (Choice(1, "a", "A"),), is_computed=True)
    ]


def test_an_option_is_found_by_id_text_or_code():
    definition = Definition(1, "Source", "select", choices=(Choice(5, "Web", "web"), Choice(6, "Call")))
    assert [definition.find_choice(key).id for key in (5, "Web", "web", "Call")] == [5, 5, 5, 6]
    with pytest.raises(ValueError, match="'Wep' is not an option of custom field 'Source'; did you mean 'Web'"):
        definition.find_choice("Wep")
    with pytest.raises(ValueError, match=r"it has 'Web' \(id \d+\)(, | and )'Call'"):
        definition.find_choice("zzz")
    with pytest.raises(ValueError, match="it has none"):
        Definition(1, "Source", "select").find_choice(5)


def test_forgetting_asks_again(kommo: Kommo, sandbox: Sandbox):
    kommo.run(kommo.schema.get_definitions("leads"))
    kommo.schema.forget_definitions("leads")
    kommo.run(kommo.schema.get_definitions("leads"))
    kommo.schema.forget_definitions()
    kommo.run(kommo.schema.get_definitions("leads", fresh=True))
    assert asked(sandbox) == [LEADS] * 3
