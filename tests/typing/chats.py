"""Talks, templates, bots. Only type-checked, wrong lines included."""

from __future__ import annotations

from typing import assert_type

from kommo_orm import (
    AiKnowledge,
    ChatTemplate,
    Contact,
    Lead,
    MessageAttachment,
    SalesBot,
    Session,
    Talk,
    TalkMessage,
    TemplateButton,
    TemplateReview,
)
from kommo_orm.entities.chats.talk import TalkQuery
from kommo_orm.entities.chats.talk_message import TalkMessageQuery


def talks(session: Session, talk: Talk) -> None:
    assert_type(Talk.objects.filter(contact_id=5, is_in_work=True), TalkQuery[Talk])
    assert_type(session.query(Talk), TalkQuery[Talk])
    assert_type(talk.messages.all(), TalkMessageQuery[TalkMessage])
    assert_type(talk.send("Hi"), str)
    assert_type(talk.send(attachment=MessageAttachment(type="file", drive_uuid="u", drive_version_uuid="v")), str)
    assert_type(talk.entity_id, int | None)
    Talk.objects.filter(entity_type="company")  # type: ignore[arg-type]
    Talk.objects.filter(rate=5)  # type: ignore[call-arg]
    talk.rate = 5  # type: ignore[assignment]


def templates(template: ChatTemplate) -> None:
    assert_type(ChatTemplate.objects.create("W", "x", buttons=[TemplateButton(type="url", text="a")]), ChatTemplate)
    assert_type(template.buttons, list[TemplateButton])
    assert_type(template.send_to_review(), tuple[TemplateReview, ...])
    assert_type(template.set_review(5, "approved"), TemplateReview)
    template.set_review(5, "done")  # type: ignore[arg-type]
    ChatTemplate.objects.create("W")  # type: ignore[call-arg]
    template.type = "telegram"  # type: ignore[assignment]


async def bots(bot: SalesBot, lead: Lead, contact: Contact) -> None:
    bot.run(lead)
    await bot.arun(contact)
    bot.stop(lead)
    SalesBot.objects.run([(bot, lead), (7, contact)])
    assert_type(bot.is_active, bool | None)
    bot.stop(contact)  # type: ignore[arg-type]
    SalesBot.objects.filter(type_functionality="odd")  # type: ignore[arg-type]


def ai(knowledge: AiKnowledge) -> None:
    knowledge.add_text("Hours", "We are open.", lang="en")
    knowledge.add_text("Hours", "We are open.", lang="de")  # type: ignore[arg-type]
