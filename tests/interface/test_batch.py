"""Batches split and print."""

from __future__ import annotations

from kommo_orm import Lead
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.model.parent import Parent


def test_a_batch_splits_into_halves_that_keep_everything():
    items = tuple(BatchItem(Lead(name=str(number)), str(number), {}) for number in range(5))
    batch = Batch("update", "notes", items, Parent("leads"))
    one, two = batch.split_in_half()
    assert (one.items + two.items, len(one), len(two)) == (items, 2, 3)
    assert (one.verb, one.kind, one.parent) == ("update", "notes", Parent("leads"))
    assert str(batch) == "update 5 notes of leads"
    assert not batch.creates_rows
    assert [type(model) for model in batch.objects] == [Lead] * 5
