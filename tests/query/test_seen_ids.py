from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.query.seen_ids import SeenIds

KEYS = st.integers(-(2**40), 2**40) | st.text(max_size=3) | st.none()


@given(st.lists(KEYS))
def test_it_answers_as_a_set_does(keys):
    seen, known = SeenIds(), set()
    for key in keys:
        assert (key in seen) == (key in known)
        seen.add(key)
        known.add(key)
        assert key in seen
        assert len(seen) == len(known)
    for key in [*keys, 0, "", "never", 2**41]:
        assert (key in seen) == (key in known)


@given(st.sets(st.integers(0, 2**40)))
def test_ids_in_rising_order_take_eight_bytes_each(ids):
    seen = SeenIds()
    for pk in sorted(ids):
        seen.add(pk)
    assert seen._others is None
    assert len(seen) == len(ids)
    assert len(seen._rising) * seen._rising.itemsize == 8 * len(ids)
