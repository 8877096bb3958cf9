"""Conversations with clients: talks with their messages, and templates of messages."""
