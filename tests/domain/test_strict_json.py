"""JSON that everybody can read, and no more."""

import json
import math

import pytest
from fermata.domain import strict_json

NOT_JSON = {
    "NaN": "NaN is no JSON",
    "-Infinity": "-Infinity is no JSON",
    "1e400": "too large",
    "-1e400": "too large",
    "[1e400]": "too large",
    "1" + "0" * 309: "too large",
    "9" * 5_000: "too large",
    '"\\ud800"': "surrogate",
    '{"\\udc00": 1}': "surrogate",
    "[" * 101 + "]" * 101: "too deeply",
    "[" * 50_000 + "]" * 50_000: "too deeply",
    '{"a": 1': "at character",
    "": "at character",
}


@pytest.mark.parametrize("text", NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_not_everybody_can_read_is_refused(text):
    with pytest.raises(strict_json.NotJson, match=NOT_JSON[text]):
        strict_json.loads(text)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(strict_json.NotJson, match="UTF-8"):
        strict_json.loads(b'"\xff"')


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 2**1023, 1.7e308, 5e-324, "é\U0010ffff\0", [[]], {"a": {"b": [1.5]}}]
)
def test_json_comes_in_as_it_is_and_goes_out_again(value):
    assert strict_json.loads(json.dumps(value)) == value
    assert strict_json.loads(strict_json.dumps(value)) == value


@pytest.mark.parametrize("value", [math.inf, math.nan, {1: 2}, {"a": object()}, [2**2000], "\ud800", b"x", {1, 2}])
def test_values_that_json_does_not_have_are_found(value):
    with pytest.raises(strict_json.NotJson):
        strict_json.check(value)


def test_what_is_stored_all_the_same_is_written_as_what_it_is():
    value = {"number": math.inf, "text": "\ud800", 5: object, "large": 2**2000, "fine": [1, None, True]}
    shown = strict_json.loads(strict_json.dumps(value))
    assert (shown["number"], shown["text"], shown["fine"]) == ("inf", "?", [1, None, True])


def test_a_value_that_contains_itself_is_cut():
    value: list = []
    value.append(value)
    assert strict_json.dumps(value).endswith(b"]")
