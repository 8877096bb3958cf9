"""Making objects, setting values, telling them apart."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError, field_validator

from kommo_orm import Company, Contact, Kommo, Lead, NotLoaded, Number, Text, UnexpectedResponse, custom
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.assignment import ReadOnlyField
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, Deal, sent


# ---- making
def test_a_new_object_holds_what_was_given_and_nothing_else():
    deal = Deal(name="Roof", budget=500)
    assert (deal.name, deal.budget) == ("Roof", Decimal(500))
    assert deal.is_new
    assert deal.pk is None
    assert deal.model_dump() == {"name": "Roof", "budget": Decimal(500)}


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValidationError, match="Deal has no field 'bugdet'; did you mean 'budget'?"):
        Deal(bugdet=500)


def test_a_name_like_nothing_is_refused_with_all_there_are():
    with pytest.raises(ValidationError, match="its fields are .*budget.*price"):
        Deal(zzz=500)


def test_model_validate_refuses_unknown_names_too():
    with pytest.raises(ValidationError, match="bugdet"):
        Deal.model_validate({"name": "Roof", "bugdet": 500})


def test_a_list_of_its_own_is_not_given_to_the_constructor():
    with pytest.raises(
        ValidationError, match=r"Lead.notes is a relation: set it on the object, for instance `lead.notes.add"
    ):
        Lead(name="Roof", notes=[])  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["updated_at", "is_deleted", "account_id", "score", "closest_task_at", "group_id"])
def test_what_only_kommo_sets_is_refused_by_the_constructor(name):
    with pytest.raises(ValidationError, match=f"{name} is set by Kommo and read-only"):
        Lead(**{name: datetime.now(UTC)})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("price", "five", r"expected a number, got 'five' \(str\)"),
        ("price", True, "expected a number, got True"),
        ("price", float("nan"), "expected a finite number, got nan"),
        ("price", float("inf"), "expected a finite number, got inf"),
        ("price", -1, "a price is not negative, got -1"),
        ("price", None, "None is not possible here|expected a number"),
        ("name", None, "None|expected text"),
        ("name", 5, "expected text, got 5"),
        ("pipeline_id", True, "expected a whole number, got True"),
        ("pipeline_id", 7.0, "expected a whole number, got 7.0"),
        ("created_at", datetime(2026, 1, 1), "has no time zone"),  # noqa: DTZ001
        ("created_at", 1_700_000_000, "expected an aware datetime"),
        ("budget", "five", "expected a number, got 'five'"),
        ("budget", float("inf"), "expected a finite number"),
        ("remark", 5, "expected text"),
        ("regions", "EU", "expected several"),
        ("signed", "tomorrow", "expected a date"),
    ],
)
def test_wrong_values_are_refused_by_constructor_and_assignment_with_the_field_named(name, value, sentence):
    with pytest.raises(ValidationError, match=sentence) as given:
        Deal(**{name: value})
    assert given.value.errors()[0]["loc"] == (name,)
    deal = Deal(name="Roof")
    with pytest.raises(ValidationError, match=sentence) as assigned:
        setattr(deal, name, value)
    assert assigned.value.errors()[0]["loc"] == (name,)
    assert deal.changes.keys() == {"name"}


@pytest.mark.parametrize(
    ("value", "read"),
    [(5, Decimal(5)), (0.1, Decimal("0.1")), (Decimal("9.90"), Decimal("9.90")), (1e16, Decimal("1E+16"))],
)
def test_money_is_exact_whatever_it_was_given_as(value, read):
    assert Lead(price=value).price == read
    lead = Lead()
    lead.price = value
    assert lead.price == read


def test_times_are_kept_in_utc():
    from zoneinfo import ZoneInfo

    lead = Lead(created_at=datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Lisbon")))
    assert lead.created_at == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert lead.created_at.tzinfo is UTC


# ---- setting
def test_what_only_kommo_sets_cannot_be_assigned():
    lead = Lead(id=5)
    with pytest.raises(ReadOnlyField, match="Lead.updated_at is set by Kommo and read-only"):
        lead.updated_at = datetime.now(UTC)
    assert issubclass(ReadOnlyField, AttributeError)


def test_the_id_is_never_assigned():
    lead = Lead(name="Roof")
    with pytest.raises(
        ReadOnlyField, match=r"Lead.id is given by Kommo; a reference to a stored row is Lead\(id=...\)"
    ):
        lead.id = 5
    reference = Lead(id=5)
    reference.id = 5
    with pytest.raises(ReadOnlyField):
        reference.id = 6


def test_an_unknown_attribute_is_refused_with_the_nearest():
    lead = Lead(name="Roof")
    with pytest.raises(AttributeError, match="Lead has no field 'prise'; did you mean 'price'?"):
        lead.prise = 5
    with pytest.raises(AttributeError, match="did you mean 'contacts'?"):
        lead.contact  # noqa: B018


def test_a_relation_of_several_takes_a_list_by_assignment():
    lead, ann = Lead(name="Roof"), Contact(name="Ann")
    lead.contacts = [ann]
    assert list(lead.contacts) == [ann]


def test_what_was_given_once_at_creation_is_no_change_later(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    lead.visitor_uid = "abc"
    with pytest.raises(ConfigurationError, match=r"Lead \d+: visitor_uid can be given at creation only"):
        lead.save()
    assert sent(sandbox) == []


# ---- a user's own class
class Checked(Lead):
    budget: Number = custom(BUDGET)
    seen: int = 0  # no field of Kommo's
    _hidden: int = 7

    @field_validator("name")
    @classmethod
    def not_shouted(cls, name: str) -> str:
        if name.isupper():
            raise ValueError("names are not shouted")
        return name


def test_pydantic_validators_of_a_users_class_hold_for_construction_and_assignment():
    with pytest.raises(ValidationError, match="names are not shouted"):
        Checked(name="ROOF")
    checked = Checked(name="Roof", budget=5)
    with pytest.raises(ValidationError, match="names are not shouted"):
        checked.name = "ROOF"
    checked.name = "Wall"
    assert (checked.name, checked.budget) == ("Wall", 5)


def test_ordinary_pydantic_fields_live_beside_kommos_and_are_never_sent(kommo: Kommo, sandbox: Sandbox):
    loaded = Checked.objects.get(sandbox.add("leads", name="Roof")["id"])
    assert (loaded.seen, loaded._hidden) == (0, 7)
    loaded.seen = 5
    assert not loaded.has_changes
    loaded.save()
    assert sent(sandbox) == []


# ---- telling apart
def test_a_reference_stands_for_a_stored_row():
    lead = Lead(id=5, price=3)
    assert (lead.pk, lead.is_new) == (5, False)
    assert lead.changes == {"price": (None, Decimal(3))}
    assert lead.to_payload() == {"price": 3}


def test_stored_objects_hash_by_kind_and_id_and_new_ones_do_not():
    assert hash(Lead(id=5)) == hash(Deal(id=5))
    assert hash(Lead(id=5)) != hash(Contact(id=5))
    with pytest.raises(TypeError, match="a new Lead has no identity to hash by"):
        hash(Lead(name="Roof"))


def test_objects_are_equal_when_their_class_and_values_are(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof", price=5)["id"]
    one, other = Lead.objects.get(pk), Lead.objects.get(pk)
    assert one == other
    assert one.price == 5
    assert one == other
    other.price = 6
    assert one != other
    assert Lead(name="a") == Lead(name="a")
    assert Lead(name="a") != Deal(name="a")
    assert Lead(name="a") != "a"


def test_an_object_prints_its_values_and_never_more(kommo: Kommo, sandbox: Sandbox):
    assert repr(Company(name="Olive")) == "Company(name='Olive')"
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    assert repr(lead).startswith(f"Lead(id={lead.id}, name='Roof', price=Decimal('0')")


def test_dumps_hold_the_declared_fields_and_no_relations(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof", tags=["vip"])["id"]
    deal = Deal.objects.get(pk)
    dumped = deal.model_dump()
    assert dumped["name"] == "Roof"
    assert dumped["regions"] == []
    assert dumped["budget"] is None
    assert not dumped.keys() & {"tags", "contacts", "custom_fields_values", "_links"}
    assert '"name":"Roof"' in deal.model_dump_json()


def test_the_json_schema_tells_the_types():
    properties = Deal.model_json_schema()["properties"]
    assert properties["budget"]["anyOf"][-1] == {"type": "null"}
    assert properties["regions"]["type"] == "array"
    assert properties["created_at"]["format"] == "date-time"


def test_json_is_validated_into_the_same_types():
    deal = Deal.model_validate_json(
        '{"name": "Roof", "price": "9.90", "created_at": "2026-01-01T00:00:00Z", "budget": "1.5"}'
    )
    assert (deal.price, deal.budget) == (Decimal("9.90"), Decimal("1.5"))
    assert deal.created_at == datetime(2026, 1, 1, tzinfo=UTC)


# ---- clones
def test_a_clone_is_a_new_object_with_the_writable_values_and_the_changes_on_top(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof", price=5, tags=["vip"])["id"]
    deal = Deal.objects.get(pk)
    deal.regions = ["EU"]
    clone = deal.clone(price=7)
    assert clone.is_new
    assert (clone.name, clone.price, clone.regions) == ("Roof", 7, ["EU"])
    clone.regions.append("US")
    assert deal.regions == ["EU"]
    for name in ("created_at", "created_by", "updated_at", "account_id", "closed_at"):
        with pytest.raises(NotLoaded):
            getattr(clone, name)
    assert len(clone.tags) == 0
    clone.save()
    assert clone.id != pk


def test_a_clone_with_an_unknown_name_is_refused():
    with pytest.raises(ValidationError, match="did you mean 'price'"):
        Lead(name="Roof").clone(prise=7)


class Noted(Lead):
    remark: Text = custom(name="Remark")


def test_fields_of_a_base_class_are_inherited_and_compare_as_the_subclass():
    class Sub(Noted):
        budget: Number = custom(BUDGET)

    sub = Sub(remark="x", budget=1)
    assert sub.model_dump() == {"remark": "x", "budget": Decimal(1)}
    assert repr(Sub.remark) == "<Sub.remark>"
    assert repr(Noted.remark) == "<Noted.remark>"


# ---- odd rows (rule 7)
def odd() -> Deal:
    """Price and Budget cannot be read."""
    entries = [
        {"field_id": BUDGET, "field_type": "numeric", "values": [{"value": "abc"}]},
        {"field_id": 9, "field_type": "text", "field_name": "Note", "values": [{"value": "yes"}]},
        {"field_type": "text", "values": [{"value": "of no field"}]},
    ]
    return Deal.hydrate([{"id": 1, "name": "Roof", "price": "abc", "custom_fields_values": entries}])[0]


def test_what_cannot_be_read_does_not_hide_the_rest():
    deal = odd()
    with pytest.raises(UnexpectedResponse, match="field 'price' holds 'abc'"):
        _ = deal.price
    assert deal.model_dump(exclude={"remark"})["name"] == "Roof"
    assert "price" not in deal.model_dump()
    assert deal == odd()
    assert {field.id: field.value for field in deal.custom_fields} == {BUDGET: [{"value": "abc"}], 9: "yes"}


def test_an_id_of_a_field_may_be_a_text():
    entry = {"field_id": str(BUDGET), "field_type": "numeric", "values": [{"value": "5"}]}
    deal = Deal.hydrate([{"id": 1, "custom_fields_values": [entry]}])[0]
    assert (deal.budget, deal.custom_fields[BUDGET]) == (5, 5)


def test_phps_false_reads_as_nothing():
    lead = Lead.hydrate([{"id": 1, "name": False, "price": False}])[0]
    assert (lead.name, lead.price) == ("", 0)


@pytest.mark.parametrize("row", [{"name": "Roof"}, {"id": "abc", "name": "Roof"}])
def test_a_row_without_an_id_is_never_made_anew(kommo: Kommo, sandbox: Sandbox, row: dict[str, object]):
    (lead,) = Lead.hydrate([row], kommo)
    assert (lead.pk, lead.name) == (None, "Roof")
    lead.price = Decimal(5)
    with pytest.raises(ConfigurationError, match="was read without an id"):
        lead.save()
    assert sent(sandbox) == []


def test_a_clone_leaves_out_what_the_row_has_not(kommo: Kommo, sandbox: Sandbox):
    """Kommo refuses null for most keys."""
    deal = Deal.objects.get(sandbox.add("leads", name="Roof")["id"])
    assert deal.loss_reason_id is None
    deal.clone(name="Wall").save()
    (body,) = sent(sandbox)[-1][2]
    assert body["name"] == "Wall"
    assert None not in body.values()


def test_what_kommo_cannot_delete_says_so():
    with pytest.raises(AttributeError, match=r"Kommo's API cannot delete leads, so Lead has no delete\(\)"):
        Lead(id=5).delete()  # type: ignore[attr-defined]
