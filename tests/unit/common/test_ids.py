from __future__ import annotations

import uuid

from common.ids import new_id


def test_ids_are_version_7_uuids_and_unique() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {uuid.UUID(value).version for value in ids} == {7}
    assert {uuid.UUID(value).variant for value in ids} == {uuid.RFC_4122}


def test_ids_sort_by_the_time_of_their_making() -> None:
    first = new_id()
    while (second := new_id())[:13] == first[:13]:
        pass  # the next millisecond
    assert first < second
