"""Definitions of custom fields and their groups."""
