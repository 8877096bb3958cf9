"""amocrm-api: descriptors over the dicts of a page, over requests."""

from __future__ import annotations

from importlib import import_module

from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer("amocrm-api", PATCHED_ADDRESS, "objects around dicts; requests one after the other")


class Tokens:
    """Stands for the client's token manager, which would ask the service for a token."""

    subdomain = "acme"

    def get_access_token(self) -> str:
        return "x"


def connect(url: str, leads: int) -> Load:
    package = import_module("amocrm.v2")
    interaction = package.Lead.objects._interaction
    interaction._token_manager = Tokens()
    interaction._get_url = f"{url}/api/v4/{{}}".format
    return lambda: sum(1 for _ in package.Lead.objects.all())
