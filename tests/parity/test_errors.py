"""Errors: by class and attribute, each with what did succeed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kommo_orm import (
    BadRequest,
    Catalog,
    CatalogElement,
    FlushError,
    Forbidden,
    Kommo,
    KommoError,
    Lead,
    NotFound,
    PaymentRequired,
    ServerError,
    Session,
)
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves

PROBLEM = {"title": "Bad Request", "detail": "Request validation failed", "status": 400, "type": "..."}


def answering(status: int, body: object, **options: object) -> Kommo:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return Kommo("acme", token="very-secret", transport=transport, rate=None, retries=1, **options)  # type: ignore[arg-type]


@proves(47, 50, "B29")
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadRequest), (402, PaymentRequired), (403, Forbidden), (404, NotFound), (500, ServerError)],
)
def test_each_status_has_a_class_and_codes_are_separate(status: int, kind: type[KommoError]) -> None:
    with answering(status, PROBLEM | {"status": status, "code": 244}) as kommo, pytest.raises(kind) as caught:
        kommo.request("GET", "/api/v4/leads")
    error = caught.value
    assert (error.status, str(error.code)) == (status, "244")  # type: ignore[attr-defined]


@proves(48)
def test_every_fault_of_every_item_is_reported(sandbox: Sandbox, kommo: Kommo) -> None:
    with pytest.raises(BadRequest) as caught:
        Lead.objects.using(kommo).create(name="x", pipeline_id=999_999)
    (item,) = caught.value.items
    assert (item.field, item.code) == ("pipeline_id", "NotSupportedChoice")
    assert item.detail


ELEMENT = 501


@proves(51, 52, "B18")
@pytest.mark.parametrize("dialect", ["v4", "v2"])
@pytest.mark.parametrize(
    "errors",
    [
        {"delete": {f"{ELEMENT}": "Entity not found"}},
        {"delete": {f"{ELEMENT}": {"code": 282, "msg": "Entity not found"}}},
        {"delete": {f"{ELEMENT}": ["Entity not found", "in use"]}},
        {"delete": [{"id": ELEMENT, "code": 282, "msg": "Entity not found"}]},
        [{"msg": "Entity not found", "code": 263}],
        ["Entity not found"],
    ],
    ids=["text", "object", "texts", "list", "flat", "words"],
)
def test_errors_inside_of_a_success_are_errors_whatever_their_shape(
    sandbox: Sandbox, dialect: str, errors: Any
) -> None:
    catalog = sandbox.add("catalogs", name="Cars")
    sandbox.add("catalog_elements", id=ELEMENT, catalog_id=catalog["id"], name="Van")
    with sandbox.connect(dialect=dialect) as kommo:
        van = CatalogElement.objects.using(kommo).of(Catalog.reference(catalog["id"])).get(ELEMENT)
        sandbox.faults.next(status=200, method="POST", body={"_embedded": {"items": [], "errors": errors}})
        with pytest.raises((BadRequest, NotFound), match="Entity not found") as caught:
            van.delete()
    assert not {*"{["} & {*str(caught.value)}  # said in words
    assert str(caught.value).count("that means") <= 1


@proves(51, 52, "B18")
@pytest.mark.parametrize(
    "errors",
    [
        {"add": {"0": "No rights"}},
        {"add": [{"code": 244, "msg": "No rights", "request_id": 0}]},
        [{"code": 244, "msg": "No rights"}],
        ["No rights"],
    ],
    ids=["text", "object", "flat", "words"],
)
def test_errors_of_additions_are_errors_whatever_their_shape(sandbox: Sandbox, errors: Any) -> None:
    sandbox.faults.next(status=200, method="POST", body={"_embedded": {"items": [], "errors": errors}})
    with sandbox.connect(dialect="v2") as kommo, pytest.raises(BadRequest, match="No rights") as caught:
        Lead(name="Roof").save(using=kommo)
    assert caught.value.code in ("244", None)
    assert caught.value.status == 200


@proves(49, 53, 117, 118)
def test_what_succeeded_is_kept_when_something_failed(sandbox: Sandbox, kommo: Kommo) -> None:
    good, bad = Lead(name="good"), Lead(name="bad", pipeline_id=999_999)
    with pytest.raises(FlushError) as caught, Session(kommo) as session:
        session.add(good, bad)
    report = caught.value.report
    assert report.created == [good]
    assert [failed.object for failed in report.failed] == [bad]
    assert good.id == sandbox.rows("leads")[0]["id"]


@proves(54, "B27")
def test_no_secret_is_in_a_message() -> None:
    echo = httpx.MockTransport(
        lambda request: httpx.Response(400, json={"detail": str(request.headers), "title": "very-secret"})
    )
    with Kommo("acme", token="very-secret", transport=echo, rate=None) as kommo, pytest.raises(BadRequest) as caught:
        kommo.request("POST", "/api/v4/leads", json=[{"client_secret": "another-secret"}])
    shown = f"{caught.value} {caught.value!r} {caught.value.body}"
    assert "very-secret" not in shown
    assert "another-secret" not in shown


@proves(30)
def test_one_base_catches_all() -> None:
    import kommo_orm

    errors = [
        value
        for name in kommo_orm.__all__
        if isinstance(value := getattr(kommo_orm, name), type) and issubclass(value, Exception)
    ]
    assert errors
    assert all(issubclass(error, KommoError) for error in errors)
