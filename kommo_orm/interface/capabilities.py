"""What an API can do with one kind of entity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What can be read and written of one kind, and in which sizes. A size of 0 means: never."""

    is_paged: bool = True
    reads_single_rows: bool = True  # one row can be read by its own address; else by a list of one
    page_size: int = 250
    create_size: int = 250  # objects in one creating request
    update_size: int = 250  # 1: one request an object
    delete_size: int = 0
    embedded_relations: frozenset[str] = frozenset()  # relations that a creation contains itself
    linked_relations: frozenset[str] = frozenset()  # relations that are changed by links
    saves_links: bool = False  # creations and updates make and remove links themselves, if both ends are stored
    saves_together: bool = False  # creations and updates may share a request
    replaces_tags: bool = False  # tags are replaced all together, not added and removed
    needs_stored_row: bool = False  # an update repeats values of the stored row
    is_ordered: bool = True  # the list can be ordered
    returns_ids: bool = True  # answers to creations have all ids; else they are read afterwards
    returns_nested_ids: bool = True  # and the ids of what was created inside of another row
    keeps_page_size: bool = True  # a page has as many rows as are asked for; else the service decides
    links_several_owners: bool = (
        True  # links of several owners are written in one request; of kind "links": read in one
    )
    deletes_across_parents: bool = False  # rows of several parents in one deleting request
    is_readable: bool = True  # else rows are created and never read
    single_update_keys: frozenset[str] = frozenset()  # keys that only an update of a single row takes
    action_size: int = 1  # rows that one request of an action takes
