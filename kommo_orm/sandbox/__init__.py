"""An embedded Kommo account for tests and demonstrations: a strict fake of the APIs v4 and v2, in process or over HTTP.

Example:
    ```python
    from kommo_orm.sandbox import Sandbox

    with Sandbox() as sandbox:
        sandbox.seed(leads=100)
        kommo = sandbox.connect()  # or: with sandbox.serve() as server: ... server.url
    ```

`sandbox.py` holds the class that tests use. `dispatch.py` gives a request to the handler of its route. `resources/`
(API v4) and `v2/` hold the routes and handlers, one file for each resource. `validators.py`, `custom_field_values.py`
and `filters.py` hold the common rules, `row_store.py` the rows. `webhooks/` tells other programs what happened. Only
`connect.py` imports the library, and only when it is called.
"""

from __future__ import annotations

from kommo_orm.sandbox.faults import Faults
from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse
from kommo_orm.sandbox.http_server import SandboxServer
from kommo_orm.sandbox.httpx_transport import SandboxTransport
from kommo_orm.sandbox.request_log import Log, LogEntry
from kommo_orm.sandbox.sandbox import Sandbox
from kommo_orm.sandbox.webhooks.delivery import Attempt, Delivery

__all__ = [
    "Attempt",
    "Cut",
    "Delivery",
    "Faults",
    "Log",
    "LogEntry",
    "Sandbox",
    "SandboxRequest",
    "SandboxResponse",
    "SandboxServer",
    "SandboxTransport",
]
