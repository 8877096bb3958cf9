"""What an integration sets up in an account: webhooks, its widget, its sources, website buttons, short links."""
