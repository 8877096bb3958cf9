"""Kommo AI: what its agent is taught."""
