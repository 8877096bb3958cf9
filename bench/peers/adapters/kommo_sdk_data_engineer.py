"""kommo-sdk-data-engineer: pydantic models over requests, by threads."""

from __future__ import annotations

from importlib import import_module

from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer

PEER = Peer(
    "kommo-sdk-data-engineer",
    ACCEPTS_ADDRESS,
    "pydantic models; six threads, each sleeps 1/6 s before a request; all leads in memory",
    python=(3, 12),
)


def connect(url: str, leads: int) -> Load:
    config = import_module("kommo_sdk_data_engineer.config").KommoConfig(url, "x")
    client = import_module("kommo_sdk_data_engineer.endpoints.leads").Leads(config)
    return lambda: len(client.get_all_leads_list())
