"""Measures the library against clients of dicts, pydantic and other Kommo clients. `python -m bench --help` says how.

It belongs to the repository and is not shipped.
"""
