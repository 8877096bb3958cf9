from __future__ import annotations

from urllib.parse import parse_qsl

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient, Clock
from tests.sandbox.webhooks.form_decoder import Recorder

# The keys of recorded bodies, in their order.
LEAD_KEYS = (
    "id name status_id price responsible_user_id last_modified modified_user_id created_user_id date_create pipeline_id "
    "account_id created_at updated_at"
).split()
CONTACT_KEYS = (
    "id name responsible_user_id date_create last_modified created_user_id modified_user_id account_id created_at "
    "updated_at type"
).split()


def test_a_body_of_a_lead_has_the_keys_of_a_recorded_one(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_lead")
    sandbox.add("leads", name="Office chairs", price=1200)
    [(_, headers, body)] = recorder.calls
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["content-length"] == str(len(body))
    keys = [key for key, _ in parse_qsl(body.decode())]
    assert keys[:3] == ["account[subdomain]", "account[id]", "account[_links][self]"]
    assert keys[3:] == [f"leads[add][0][{key}]" for key in LEAD_KEYS]
    item = recorder.item("leads", "add")
    assert (item["price"], item["date_create"], item["last_modified"]) == ("1200", str(NOW), str(NOW))
    account = recorder.forms[0]["account"]
    assert account == {
        "subdomain": "sandbox",
        "id": str(sandbox.account.id),
        "_links": {"self": "https://sandbox.kommo.com"},
    }


def test_contacts_and_companies_share_an_envelope_and_have_a_type(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_contact", "update_contact", "add_company", "delete_company")
    firm = sandbox.add("companies", name="Fern Lda")["id"]
    ann = sandbox.add("contacts", name="Ann", company=firm)["id"]
    lead = sandbox.add("leads", contacts=[ann])["id"]
    sandbox.change("contacts", ann, name="Ann B")
    sandbox.trash("companies", firm)
    assert recorder.envelopes == [("contacts", action) for action in ("add", "add", "update", "delete")]
    company, contact = [form["contacts"]["add"][0] for form in recorder.forms[:2]]
    assert (company["type"], contact["type"], contact["company_name"]) == ("company", "contact", "Fern Lda")
    assert set(contact) == {*CONTACT_KEYS, "company_name", "linked_company_id"}
    update = recorder.item("contacts", "update")
    assert update["linked_leads_id"] == {str(lead): {"ID": str(lead)}}
    assert update["old_responsible_user_id"] == update["responsible_user_id"]
    assert recorder.item("contacts", "delete") == {"id": str(firm), "type": "company"}


def test_a_stage_change_is_an_update_and_a_status(sandbox: Sandbox):
    recorder = Recorder(sandbox, "update_lead", "status_lead", "responsible_lead")
    lead = sandbox.add("leads", name="Roof")
    sandbox.change("leads", lead["id"], status_id=142)
    assert recorder.envelopes == [("leads", "update"), ("leads", "status")]
    item = recorder.item("leads", "status")
    assert (item["status_id"], item["old_status_id"]) == ("142", str(lead["status_id"]))
    assert "old_pipeline_id" not in item
    assert recorder.item("leads", "update")["old_status_id"] == str(lead["status_id"])


def test_a_move_to_another_pipeline_names_the_former_one(sandbox: Sandbox):
    other = sandbox.add("pipelines", name="Service")["id"]
    recorder = Recorder(sandbox, "status_lead")
    lead = sandbox.add("leads", name="Roof")
    sandbox.change("leads", lead["id"], pipeline_id=other, status_id=143)
    assert recorder.item("leads", "status")["old_pipeline_id"] == str(lead["pipeline_id"])


def test_a_new_responsible_user_has_an_action_of_its_own_only_for_leads(sandbox: Sandbox):
    user, owner = sandbox.add("users", name="Ben")["id"], str(sandbox.account.owner_id)
    recorder = Recorder(sandbox, "update_lead", "responsible_lead", "update_contact", "responsible_contact")
    lead, contact = sandbox.add("leads")["id"], sandbox.add("contacts")["id"]
    sandbox.change("leads", lead, responsible_user_id=user)
    sandbox.change("contacts", contact, responsible_user_id=user)
    assert recorder.envelopes == [("leads", "update"), ("leads", "responsible"), ("contacts", "update")]
    for entity, action in (("leads", "responsible"), ("contacts", "update")):
        item = recorder.item(entity, action)
        assert (item["responsible_user_id"], item["old_responsible_user_id"]) == (str(user), owner)
    assert "old_responsible_user_id" not in recorder.item("leads", "update")


def test_only_the_responsible_event_is_enough_for_a_contact_and_a_task(sandbox: Sandbox):
    user = sandbox.add("users", name="Ben")["id"]
    recorder = Recorder(sandbox, "responsible_contact", "responsible_task")
    contact, task = sandbox.add("contacts")["id"], sandbox.add("tasks")["id"]
    sandbox.change("contacts", contact, name="Ann")
    sandbox.change("tasks", task, text="Call")
    sandbox.change("contacts", contact, responsible_user_id=user)
    sandbox.change("tasks", task, responsible_user_id=user)
    assert recorder.envelopes == [("contacts", "update"), ("task", "update")]
    assert recorder.item("task", "update")["old_responsible_user_id"] == str(sandbox.account.owner_id)


def test_deletions_and_restorations(sandbox: Sandbox):
    recorder = Recorder(sandbox, "delete_lead", "restore_lead")
    lead = sandbox.add("leads", name="Roof", tags=["vip"])
    sandbox.trash("leads", lead["id"])
    sandbox.restore("leads", lead["id"])
    assert recorder.envelopes == [("leads", "delete"), ("leads", "restore")]
    keys = ("id", "status_id", "pipeline_id")
    assert recorder.item("leads", "delete") == {key: str(lead[key]) for key in keys}
    restored = recorder.item("leads", "restore")
    assert restored["name"] == "Roof"
    assert restored["tags"] == [{"id": restored["tags"][0]["id"], "name": "vip"}]
    assert sandbox.rows("events")[-1]["type"] == "lead_restored"


def test_tasks_show_times_as_text_and_what_completed_them(sandbox: Sandbox, clock: Clock):
    recorder = Recorder(sandbox, "add_task", "update_task", "delete_task")
    lead = sandbox.add("leads")["id"]
    task = sandbox.add("tasks", text="Call", entity_type="leads", entity_id=lead, complete_till=NOW + 60)["id"]
    clock.now += 30
    sandbox.change("tasks", task, text="Called", is_completed=True, result={"text": "done"})
    new, done = recorder.item("task", "add"), recorder.item("task", "update")
    assert (new["element_id"], new["element_type"], new["status"]) == (str(lead), "2", "0")
    assert (new["date_create"], new["complete_till"]) == ("2027-01-15 08:00:00", "2027-01-15 08:01:00")
    assert (new["created_at"], new["complete_before"]) == (str(NOW), str(NOW + 60))
    assert (done["status"], done["action_close"], done["old_text"]) == ("1", "1", "Call")
    assert (done["result"]["text"], done["updated_at"]) == ("done", str(NOW + 30))


def test_deleted_tasks_have_an_id_only(sandbox: Sandbox):
    recorder = Recorder(sandbox, "delete_task")
    task = sandbox.add("tasks")["id"]
    with sandbox.connect() as kommo:
        kommo.ajax("/private/notes/edit2.php", {"ACTION": "TASK_DELETE", "ID": task})
    assert recorder.item("task", "delete") == {"id": str(task)}


def test_notes_lie_one_level_deeper_and_have_numbers_as_types(sandbox: Sandbox):
    recorder = Recorder(sandbox, "note_lead", "note_contact", "note_company")
    lead, firm = sandbox.add("leads")["id"], sandbox.add("companies")["id"]
    sandbox.add("notes", entity_type="leads", entity_id=lead, text="a & b")
    sandbox.add("notes", entity_type="companies", entity_id=firm, text="c")
    assert recorder.envelopes == [("leads", "note"), ("contacts", "note")]
    note = recorder.item("leads", "note")["note"]
    assert (note["note_type"], note["element_type"], note["element_id"]) == ("4", "2", str(lead))
    assert (note["text"], note["attachement"], note["created_at"]) == ("a & b", "", str(NOW))
    assert note["date_create"] == "2027-01-15 11:00:00"
    assert '"author_name":"Sandbox Owner"' in note["metadata"]
    company = recorder.item("contacts", "note")
    assert (company["type"], company["note"]["element_type"]) == ("company", "3")


def test_a_file_note_names_its_place(sandbox: Sandbox):
    recorder = Recorder(sandbox, "note_lead")
    lead = sandbox.add("leads")["id"]
    params = {"file_uuid": "f-1", "version_uuid": "v-1", "file_name": "offer.pdf"}
    sandbox.add("notes", entity_type="leads", entity_id=lead, note_type="attachment", params=params)
    note = recorder.item("leads", "note")["note"]
    assert (note["note_type"], note["text"], note["attachement"]) == ("5", "offer.pdf", "drive/f-1/v-1/offer.pdf")


def test_list_elements(sandbox: Sandbox, api: ApiClient):
    names = [f"{verb}_catalog_element" for verb in ("add", "update", "delete")]
    recorder = Recorder(sandbox, *names)
    catalog = sandbox.add("catalogs", name="Parts")["id"]
    element = sandbox.add("elements", catalog_id=catalog, name="Pot")["id"]
    sandbox.change("elements", element, name="Pots")
    api.post("/api/v2/catalog_elements", {"delete": [element]})
    assert recorder.envelopes == [("catalogs", action) for action in ("add", "update", "delete")]
    item = recorder.item("catalogs", "update")
    assert (item["name"], item["deleted"], item["type"], item["date_modify"]) == ("Pots", "0", "catalog", str(NOW))
    gone = {"id": str(element), "catalog_id": str(catalog), "type": "catalog"}
    assert recorder.item("catalogs", "delete") == gone


def test_customers():
    sandbox = Sandbox(customers_mode="segments")
    user = sandbox.add("users", name="Ben")["id"]
    recorder = Recorder(sandbox, "add_customer", "update_customer", "responsible_customer", "note_customer")
    customer = sandbox.add("customers", name="Fern")["id"]
    sandbox.change("customers", customer, responsible_user_id=user)
    sandbox.add("notes", entity_type="customers", entity_id=customer, text="hello")
    assert recorder.envelopes == [("customers", action) for action in ("add", "update", "responsible", "note")]
    item = recorder.item("customers", "responsible")
    assert (item["name"], item["old_responsible_user_id"]) == ("Fern", str(sandbox.account.owner_id))
    assert recorder.item("customers", "note")["note"]["element_type"] == "12"


def test_messages_and_talks(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox, "add_talk", "update_talk", "add_message", "add_outgoing_message")
    lead, contact = sandbox.add("leads")["id"], sandbox.add("contacts")["id"]
    talk = sandbox.add("talks", contact_id=contact, entity_type="lead", entity_id=lead)["talk_id"]
    sandbox.add("talk_messages", talk_id=talk, text="hi")
    api.post(f"/api/v4/talks/{talk}/send_message", {"text": "hello"})
    api.post(f"/api/v4/talks/{talk}/close")
    assert recorder.envelopes == [
        ("talk", "add"),
        ("message", "add"),
        ("talk", "update"),
        ("outgoing_message", "add"),
        ("talk", "update"),
        ("talk", "update"),
    ]
    message = recorder.item("message", "add")
    assert (message["text"], message["type"], message["author"]["type"]) == ("hi", "incoming", "external")
    assert (message["element_type"], message["entity_type"], message["entity_id"]) == ("2", "lead", str(lead))
    assert (message["talk_id"], message["origin"]) == (str(talk), "telegram")
    closed = recorder.forms[-1]["talk"]["update"][0]
    assert (closed["talk_id"], closed["is_in_work"], closed["is_read"]) == (str(talk), "0", "0")


def test_a_picture_has_an_attachment_and_no_card_without_a_lead(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_message")
    talk = sandbox.add("talks", contact_id=sandbox.add("contacts")["id"])["talk_id"]
    sandbox.add("talk_messages", talk_id=talk, attachment={"type": "picture", "link": "https://x.example/a.jpeg"})
    message = recorder.item("message", "add")
    assert (message["text"], message["message_type"]) == ("", "picture")
    assert message["attachment"] == {"type": "picture", "link": "https://x.example/a.jpeg"}
    assert not message.keys() & {"element_type", "entity_type", "element_id", "entity_id"}
