from __future__ import annotations

from kommo_orm.sandbox.query_string import QueryString


def test_empty_brackets_count_up() -> None:
    assert QueryString("filter[id][]=7&filter[id][]=9").tree == {"filter": {"id": {"0": "7", "1": "9"}}}


def test_numbered_brackets_are_the_same_as_empty_ones() -> None:
    assert QueryString("filter[id][0]=7&filter[id][1]=9").tree == QueryString("filter[id][]=7&filter[id][]=9").tree


def test_brackets_may_be_percent_encoded() -> None:
    assert QueryString("filter%5Bid%5D%5B%5D=7").tree == {"filter": {"id": {"0": "7"}}}


def test_a_repeated_scalar_keeps_its_last_value() -> None:
    assert QueryString("filter[id]=1&filter[id]=2").tree == {"filter": {"id": "2"}}


def test_pairs_are_kept_together() -> None:
    query = QueryString("filter[statuses][0][pipeline_id]=1&filter[statuses][0][status_id]=142")
    assert query.get_branch("filter") == {"statuses": {"0": {"pipeline_id": "1", "status_id": "142"}}}


def test_with_is_a_comma_list() -> None:
    assert QueryString("with=contacts,loss_reason").get_words("with") == ("contacts", "loss_reason")
    assert QueryString("with=contacts%2Closs_reason").get_words("with") == ("contacts", "loss_reason")
