"""Kommo AI: the knowledge of its agent."""
