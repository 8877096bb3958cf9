"""Measures every other Kommo client of the package index, each in an environment of its own. `python -m bench.peers`."""
