"""Salesbots: what they are, and how they are run and stopped."""
