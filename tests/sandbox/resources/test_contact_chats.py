from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, ApiClient


def test_a_chat_moves_to_the_contact_it_is_linked_to_last(api: ApiClient, sandbox: Sandbox) -> None:
    ana, eva = sandbox.add("contacts", name="Ana")["id"], sandbox.add("contacts", name="Eva")["id"]
    for person in (ana, eva):
        response = api.post(f"{CONTACTS}/chats", [{"contact_id": person, "chat_id": "c-1"}])
        assert response.headers["content-type"] == "application/json"
    [row] = api.rows(f"{CONTACTS}/chats?chat_id=c-1")
    assert (row["contact_id"], "_links" in row) == (eva, False)
    assert api.get(f"{CONTACTS}/chats?contact_id={ana}").status == 204
    assert api.get(f"{CONTACTS}/chats").status == 400
