"""The chats service: a channel through which an integration exchanges messages with accounts."""

from kommo_orm.chats.channel import ChatChannel
from kommo_orm.chats.chat_values import (
    Chat,
    ChatContact,
    ChatHistoryMessage,
    ChatLocation,
    ChatMessage,
    ChatPost,
    ChatSharedPost,
    ChatUser,
    SentMessage,
)
from kommo_orm.chats.quotes import ChatForward, ChatQuote
from kommo_orm.chats.scope import ChatScope

__all__ = [
    "Chat",
    "ChatChannel",
    "ChatContact",
    "ChatForward",
    "ChatHistoryMessage",
    "ChatLocation",
    "ChatMessage",
    "ChatPost",
    "ChatQuote",
    "ChatScope",
    "ChatSharedPost",
    "ChatUser",
    "SentMessage",
]
