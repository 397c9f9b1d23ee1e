from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fermata.domain.errors import Stale
from fermata.domain.jobs import Ref
from fermata.domain.observers import Observer

NOW = 1_800_000_000.0
MINE = Ref("acme/1", "batch:one")


def observer(id_: str, ref: Ref = MINE) -> Observer:
    return Observer(id_, ref.tenant, ref.id, opened_at=NOW, told_at=NOW)


def test_observers_are_found_by_what_they_observe(ports: Any) -> None:
    for one in (
        observer("b="),
        observer("a="),
        observer("c=", Ref("acme", "batch:one")),
        observer("d=", Ref("acme/1", "batch:one1")),
    ):
        ports.observers.add(one)
    assert sorted(one.id for one in ports.observers.of(MINE)) == ["a=", "b="]
    assert ports.observers.of(Ref("acme", "batch:none")) == []


def test_all_are_found(ports: Any) -> None:
    assert ports.observers.all() == []
    ports.observers.add(observer("b="))
    ports.observers.add(observer("a=", Ref("acme", "batch:two")))
    assert [one.id for one in ports.observers.all()] == ["a=", "b="]


def test_one_of_two_that_tell_the_same_observer_notes_it_down(ports: Any) -> None:
    ports.observers.add(observer("a="))
    (first,) = ports.observers.of(MINE)
    told = ports.observers.save(replace(first, seen="0:0.1.0|", told_at=NOW + 1))
    assert ports.observers.of(MINE) == [told]
    assert (told.seen, told.rev) == ("0:0.1.0|", 2)
    with pytest.raises(Stale):
        ports.observers.save(replace(first, seen="other"))


def test_who_has_gone_is_told_nothing_more(ports: Any) -> None:
    ports.observers.add(observer("a="))
    (gone,) = ports.observers.of(MINE)
    ports.observers.remove("a=")
    ports.observers.remove("never")
    assert ports.observers.of(MINE) == ports.observers.all() == []
    with pytest.raises(Stale):
        ports.observers.save(gone)
