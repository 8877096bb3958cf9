"""Salesbots: the model, running and stopping them, and continuing bots that wait."""
