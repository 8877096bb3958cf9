"""Contacts and companies: people, firms, their chats, and finding them by phone or e-mail."""
