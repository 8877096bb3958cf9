"""What an integration sets up in an account: webhooks, its widget, its sources, website buttons, short links."""

from kommo_orm.entities.integration import short_link, source, webhook, website_button, widget

__all__ = ["short_link", "source", "webhook", "website_button", "widget"]
