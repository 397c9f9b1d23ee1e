from __future__ import annotations

import pytest
from fermata.content.model import IndexedSection
from fermata.content.ranking import fused
from fermata.content.vectors import Vectors, nearest, packed


def block(source: str, *vectors: list[float]) -> Vectors:
    section = IndexedSection(source, 0, "T", ("text",) * len(vectors))
    return Vectors.of([section], [packed(vector) for vector in vectors])


def test_the_nearest_come_first_whatever_their_length() -> None:
    blocks = [block("a", [1, 9], [0, -1]), block("b", [20, 1])]
    assert nearest(packed([3.0, 0.5]), blocks) == [("b", 0, 0, 0), ("a", 0, 0, 0)]


def test_vectors_of_another_model_are_not_compared() -> None:
    assert nearest(packed([1.0, 0.0, 0.0]), [block("a", [1, 0])]) == []


@pytest.mark.parametrize("numbers", [[0.0, 0.0], [float("nan")], [float("inf"), 1.0]])
def test_a_vector_without_a_direction_is_refused(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="direction"):
        packed(numbers)


def test_what_is_high_in_both_rankings_comes_first() -> None:
    a, b, c = (("a", 0, 0, 0), ("b", 0, 0, 0), ("c", 0, 0, 0))
    assert [hit.source for hit in fused([a, b], [b, c])] == ["b", "a", "c"]
