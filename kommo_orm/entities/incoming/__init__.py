"""Incoming leads: what a form, a call, a chat or a mail brought, until somebody accepts or declines it."""
