from __future__ import annotations

from itertools import pairwise

import pytest
from fermata.domain.ranges import Ranges
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.sets(st.integers(0, 60))


@given(NUMBERS)
def test_ranges_hold_just_their_numbers(numbers):
    ranges = Ranges.of(numbers)
    assert list(ranges) == sorted(numbers)
    assert len(ranges) == len(numbers)
    assert bool(ranges) is bool(numbers)
    assert all((number in ranges) is (number in numbers) for number in range(62))


@given(NUMBERS, NUMBERS)
def test_union_difference_and_intersection_are_those_of_sets(one, two):
    left, right = Ranges.of(one), Ranges.of(two)
    assert left | right == Ranges.of(one | two)
    assert left - right == Ranges.of(one - two)
    assert left & right == Ranges.of(one & two)


@given(NUMBERS, NUMBERS)
def test_spans_stay_sorted_and_apart_whatever_is_done(one, two):
    left, right = Ranges.of(one), Ranges.of(two)
    for made in (left, left | right, left - right, left & right):
        assert all(low < high for low, high in made.spans)
        assert all(before[1] < after[0] for before, after in pairwise(made.spans))


@given(NUMBERS)
def test_text_comes_back_as_the_same_ranges(numbers):
    ranges = Ranges.of(numbers)
    assert Ranges.parse(str(ranges)) == ranges


@given(NUMBERS, st.integers(0, 70))
def test_the_first_numbers_are_the_lowest(numbers, count):
    assert Ranges.of(numbers).first(count) == sorted(numbers)[:count]


@pytest.mark.parametrize(("numbers", "text"), [([], ""), ([7], "7"), ([0, 1, 2], "0-2"), ([5, 0, 1, 7, 5], "0-1,5,7")])
def test_text_is_short_and_readable(numbers, text):
    assert str(Ranges.of(numbers)) == text


def test_a_span_that_ends_where_it_begins_is_empty():
    assert Ranges.span(5, 5) == Ranges.span(5, 4) == Ranges()


def test_a_million_contiguous_numbers_take_one_span():
    ranges = Ranges.span(0, 1_000_000) - Ranges.span(0, 10)
    assert ranges.spans == ((10, 1_000_000),)
    assert len(ranges) == 999_990
