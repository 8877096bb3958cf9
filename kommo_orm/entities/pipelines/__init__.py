"""Pipelines of leads and their stages."""
