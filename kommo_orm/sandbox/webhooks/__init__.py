"""The webhooks that the account sends: what happened, the bodies, and their delivery with retries.

`outbox.py` notes what a request has changed, and for whom. `items.py` and `field_values.py` build the bodies,
`form_encoding.py` encodes them. `delivery_queue.py` knows what is due and when a webhook is disabled, `receivers.py`
sends to an application, a function or an address of this machine, `delivery_thread.py` does so beside a server.
"""
