"""Incoming leads from forms, calls, chats and mails, which wait to be accepted or declined."""
