"""One adapter for each client: `PEER`, and `connect(url, leads)`, which returns a function that loads all leads.

An adapter imports its client only in `connect`, and by name: none of them is installed where the checkers run.
"""
