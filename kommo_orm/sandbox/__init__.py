"""An embedded Kommo account: a strict fake of the APIs v4 and v2, in process or over HTTP, for tests and demonstrations.

Example:
    ```python
    from kommo_orm.sandbox import Sandbox

    with Sandbox() as sandbox:
        sandbox.seed(leads=100)
        kommo = sandbox.connect()  # or: with sandbox.serve() as server: ... server.url
    ```

How it is built: `sandbox.py` is the door; `routing.py` finds the route of a request in the table that the files of
`resources/` (API v4) and `v2/` make together, one file a noun; `checks.py`, `values.py` and `filters.py` hold the rules
that the nouns share; `store.py` holds the rows. Nothing of the rest of the library is imported, except by `connect.py`
when asked.
"""

from __future__ import annotations

from kommo_orm.sandbox.faults import Faults
from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse
from kommo_orm.sandbox.http_server import SandboxServer
from kommo_orm.sandbox.httpx_transport import SandboxTransport
from kommo_orm.sandbox.request_log import Log, LogEntry
from kommo_orm.sandbox.sandbox import Sandbox

__all__ = [
    "Cut",
    "Faults",
    "Log",
    "LogEntry",
    "Sandbox",
    "SandboxRequest",
    "SandboxResponse",
    "SandboxServer",
    "SandboxTransport",
]
