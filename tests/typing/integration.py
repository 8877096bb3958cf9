"""Webhooks, widgets, sources, website buttons, short links, waiting bots: what the checkers say of them. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from typing import Any, assert_type

from kommo_orm import (
    Contact,
    Kommo,
    Lead,
    Report,
    Session,
    SettingsField,
    ShortLink,
    Source,
    SourcePage,
    SourceService,
    Webhook,
    WebsiteButton,
    Widget,
    bots,
)
from kommo_orm.auth.oauth import AccountDomain
from kommo_orm.entities.integration.webhook import WebhookQuery
from kommo_orm.entities.integration.widget_settings import WidgetSettings


class Hook(Webhook):
    """A class of the user's own."""


class Origin(Source):
    """A class of the user's own."""


def webhooks(hook: Webhook, session: Session) -> None:
    assert_type(Webhook.objects.subscribe("https://x.example", ["add_lead"], sort=1), Webhook)
    assert_type(Hook.objects.subscribe("https://x.example", ("add_lead",)), Hook)
    assert_type(Webhook.objects.get("https://x.example"), Webhook)
    assert_type(Webhook.objects.get_or_none(5), Webhook | None)
    assert_type(Webhook.objects.filter(Webhook.destination == "https://x.example").first(), Webhook | None)
    assert_type(session.query(Hook), WebhookQuery[Hook])
    assert_type(Webhook.objects.all().delete(), Report)
    assert_type(hook.settings, list[str])
    assert_type(hook.destination, str)
    hook.settings = ["add_lead", "note_company"]
    hook.subscribe("add_task", "update_task")
    hook.unsubscribe()
    hook.delete()


async def widgets(widget: Widget) -> None:
    assert_type(Widget.objects.get("phone"), Widget)
    assert_type(await Widget.objects.ainstall("phone", {"line": "1"}), Widget)
    assert_type(widget.settings_template, list[SettingsField])
    assert_type(widget.settings, WidgetSettings)
    assert_type(widget.settings["line"], Any)
    assert_type(widget.rating, str | None)
    await widget.ainstall()


def sources(source: Source, lead: Lead) -> None:
    assert_type(Origin.objects.create("A", "a", default=True, services=[SourceService(type="whatsapp")]), Origin)
    assert_type(Source.objects.filter(external_id__in=["a"]).list(), list[Source])
    assert_type(Source.objects.all().update(name="x"), Report)
    assert_type(source.pipeline_id, int | None)
    assert_type(source.services[0].pages, list[SourcePage])
    assert_type(lead.lead_source, Source | None)
    source.services = [SourceService(type="whatsapp", pages=[SourcePage(id="1")])]


def buttons_and_links(button: WebsiteButton, contact: Contact, link: ShortLink) -> None:
    assert_type(WebsiteButton.objects.create(7, trusted_websites=["x.example"]), WebsiteButton)
    assert_type(WebsiteButton.objects.include("scripts", "deleted").list(), list[WebsiteButton])
    assert_type(button.script, str | None)
    button.trust("x.example")
    assert_type(ShortLink.objects.create("https://x.example", contact), ShortLink)
    assert_type(ShortLink(url="https://x.example", entity=contact), ShortLink)
    assert_type(link.short_url, str)
    assert_type(link.pk, str | None)


def others(kommo: Kommo) -> None:
    assert_type(kommo.current_domain(), AccountDomain)
    bots.resume(
        "https://x.kommo.com/api/v4/salesbot/1/continue/2", data={"a": 1}, execute_handlers=[bots.GoTo("finish")]
    )


def wrong(hook: Webhook, widget: Widget, source: Source, button: WebsiteButton) -> None:
    Webhook.objects.subscribe("https://x.example", ["add_leed"])  # type: ignore[list-item]
    hook.subscribe("add_leed")  # type: ignore[arg-type]
    hook.settings = ["add_leed"]  # type: ignore[list-item]
    hook.disabled = True  # type: ignore[assignment]
    Webhook.objects.filter(id=5)  # type: ignore[call-arg]
    Widget.objects.get(5)  # type: ignore[arg-type]
    Widget.objects.filter(code="x")  # type: ignore[attr-defined]
    widget.save()  # type: ignore[attr-defined]
    widget.code = "x"  # type: ignore[assignment]
    Source.objects.create("A")  # type: ignore[call-arg]
    source.pipeline_id = None  # type: ignore[assignment]
    source.services = [SourcePage()]  # type: ignore[list-item]
    button.delete()  # type: ignore[attr-defined]
    WebsiteButton.objects.include("script")  # type: ignore[arg-type]
    ShortLink.objects.create("https://x.example", "Ann")  # type: ignore[arg-type]
    bots.GoTo("start", 1)  # type: ignore[arg-type]
    bots.resume("x", execute_handlers=["x"])  # type: ignore[list-item]
