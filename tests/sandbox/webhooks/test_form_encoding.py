from __future__ import annotations

from kommo_orm.sandbox.webhooks.form_encoding import encode_form, stringify_tree
from tests.sandbox.webhooks.form_decoder import decode_form


def test_scalars_become_texts_and_empty_values_are_absent():
    given = {
        "a": True,
        "b": False,
        "c": None,
        "d": [],
        "e": {},
        "f": {"g": None},
        "h": 2.0,
        "i": 2.5,
        "j": "",
        "k": [1],
    }
    assert stringify_tree(given) == {"a": "1", "b": "0", "h": "2", "i": "2.5", "j": "", "k": ["1"]}


def test_a_body_is_encoded_as_php_does():
    tree = {"leads": {"add": [{"id": "5", "name": "A b&c=é"}]}}
    assert encode_form(tree) == b"leads%5Badd%5D%5B0%5D%5Bid%5D=5&leads%5Badd%5D%5B0%5D%5Bname%5D=A+b%26c%3D%C3%A9"
    assert decode_form(encode_form(tree)) == tree
