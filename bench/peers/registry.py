"""The clients: those that are measured, and those of the package index that cannot list leads here, with the reason."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from bench.peers.peer import Load, Peer


class Adapter(Protocol):
    """A module of `bench.peers.adapters`."""

    PEER: Peer

    def connect(self, url: str, leads: int) -> Load: ...


OURS = ("plain_httpx", "ours", "ours_limited")
"""Adapters that run in this environment."""

OTHERS = (
    "amocrm_sdk",
    "amocrm_api",
    "amocrm_api_async",
    "amocrm_api_wrapper",
    "aioamocrm",
    "amochka",
    "apiamocrm",
    "py_amo_client",
    "kommo_sdk_data_engineer",
    "mlab_amo_async",
    "amocrm_client",
)

LEFT_OUT = {
    "kommo-python": "reads the first page alone, and as text: it does not know Kommo's `application/hal+json`",
    "amoapi": "lists leads by API v2 alone, by given ids",
    "amocrm": "speaks the first version of the API, which is switched off",
    "amocrm-talenttech-oss": "loads into an S3 bucket and a database, not into Python; needs pandas 1.2.4",
    "amojo": "has a function that says hello, and no client",
}
"""Other packages of the index, as of November 2026. Servers for language models and crawlers are no clients."""


def find_adapter(name: str) -> Adapter:
    module: Any = import_module(f"bench.peers.adapters.{name}")
    adapter: Adapter = module
    return adapter
