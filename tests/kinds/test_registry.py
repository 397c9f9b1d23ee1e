from __future__ import annotations

import pytest
from fermata.kinds.registry import PLACES, Registry


@pytest.mark.parametrize("name", PLACES)
def test_a_kind_is_found_by_its_name(name: str) -> None:
    assert Registry()[name].name == name


def test_an_unknown_name_is_no_key() -> None:
    with pytest.raises(KeyError):
        Registry()["nothing"]


def test_asking_for_the_names_loads_nothing() -> None:
    missing = Registry({"a": ("no.such.module", "A")})
    assert (list(missing), len(missing)) == (["a"], 1)
