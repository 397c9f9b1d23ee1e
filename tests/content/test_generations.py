from __future__ import annotations

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_content
from fermata.content.generations import Busy, Generations, Gone, in_each
from fermata.content.model import IndexedSection, WorkspaceRef

HERE = WorkspaceRef("acme", "default")


def test_what_is_built_takes_the_place_of_what_was_read() -> None:
    building = Generations(live="old").claimed("new", "jobs:1", new=True)
    assert (building.live, building.written) == ("old", ("old", "new"))
    published = building.published("a-model")
    assert (published.live, published.model, published.written, published.spent) == (
        "new",
        "a-model",
        ("new",),
        ("old",),
    )


def test_one_job_builds_at_a_time() -> None:
    building = Generations().claimed("one", "jobs:1", new=True)
    assert building.claimed("one", "jobs:1", new=True) is building
    with pytest.raises(Busy, match="jobs:1"):
        building.claimed("two", "jobs:2", new=True)


def test_what_was_left_unfinished_can_be_gone_on_with_until_it_is_swept() -> None:
    left = Generations().claimed("one", "jobs:1", new=True).released("one")
    assert (left.building, left.spent) == (None, ("one",))
    assert left.claimed("one", "jobs:1", new=False).building == "one"
    with pytest.raises(Gone):
        left.swept().claimed("one", "jobs:1", new=False)


def test_only_the_job_that_builds_gives_up_building() -> None:
    building = Generations().claimed("one", "jobs:1", new=True)
    assert building.released("two") is building


def test_a_writer_writes_to_what_is_begun_while_it_writes() -> None:
    index = memory_content(State()).index
    section = IndexedSection("s1", 0, "T", ("words",))

    def add(place: object) -> int:
        known = index.generations(HERE)
        if known.building is None:  # somebody begins to build between the first look and the write
            index.save_generations(HERE, Generations(building="new", builder="jobs:1", rev=1))
        return place.add(HERE, [section])  # type: ignore[attr-defined,no-any-return]

    in_each(index, HERE, add)
    assert [list(index.at(name).sources(HERE)) for name in ("", "new")] == [["s1"], ["s1"]]
