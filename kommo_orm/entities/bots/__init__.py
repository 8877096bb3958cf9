"""Salesbots: what they are, how they are run and stopped, and how those that wait go on."""
