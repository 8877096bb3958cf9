"""A typed, Django-like data-model library for Kommo (formerly amoCRM)."""
