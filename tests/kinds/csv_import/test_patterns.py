from __future__ import annotations

import re
from contextlib import suppress

import pytest
from fermata.kinds.csv_import.patterns import MAX_PATTERN, Pattern, TooManySteps, budgeted
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "fitting", "failing"),
    [
        ("abc", ["abc"], ["", "ab", "abcd", "ABC"]),
        ("^abc$", ["abc"], ["xabc"]),
        ("a*", ["", "aaaa"], ["b", "aab"]),
        ("[A-Z]{2}-\\d{3,4}", ["AB-123", "XY-1234"], ["AB-12", "AB-12345", "ab-123"]),
        ("(red|green|)light", ["redlight", "light"], ["bluelight"]),
        ("(?:ab)+c?", ["ab", "ababc"], ["c", "abcc"]),
        ("[^,;]+", ["a b"], ["a,b", ""]),
        ("[]a[]+", ["]a["], ["b"]),
        ("\\w+\\.\\w+\\$", ["a.b$"], ["a.b"]),
        (".{2,}", ["ab", "é東"], ["a", "a\n"]),
        ("", [""], ["a"]),
        ("(a*)*b", ["b", "aab"], ["aa"]),
        ("x{0}y{2}", ["yy"], ["xyy"]),
    ],
)
def test_a_pattern_fits_whole_values(text: str, fitting: list[str], failing: list[str]) -> None:
    found = Pattern(text)
    assert [value for value in [*fitting, *failing] if found.matches(value)] == fitting


@pytest.mark.parametrize(
    "text", ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*(.*)*b", "a?" * 60 + "a{60}b", "(a*a*a*a*a*)*b"]
)
def test_no_pattern_takes_long(text: str) -> None:
    # Python's own engine would not come back from any of these.
    assert not Pattern(text).matches("a" * 5_000)


@pytest.mark.parametrize(
    "text",
    ["(", ")", "a)", "[a", "*a", "a**", "a+?", "a{3,2}", "a{101}", "(?=a)", "(?P<n>a)", "\\1", "\\bword", "a\\", "[a&&b]",
     "[z-a]", "[\\1]", "a{x", "(((a{100}){100}){100})", "a^b", "x" * (MAX_PATTERN + 1)],
)  # fmt: skip
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the pattern"):
        Pattern(text)


atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "\\d", "(a|b)", "(ab)?", "(?:b|)", "\\."])
pieces = st.tuples(atoms, st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "{2,}"]))


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=4), st.text(alphabet="ab1.", max_size=6))
def test_patterns_mean_what_they_mean_to_python(parts: list[tuple[str, str]], value: str) -> None:
    text = "".join(atom + quantifier for atom, quantifier in parts if not atom.endswith("?") or not quantifier)
    assert Pattern(text).matches(value) == bool(re.fullmatch(text, value))


WORST = "(a?){100}(a?){100}(a?){100}(a?){100}b"


def test_a_cell_has_a_budget_of_steps() -> None:
    with pytest.raises(TooManySteps, match="the text"):
        Pattern(WORST).matches("a" * 10_000)
    assert Pattern("[a-z]+@[a-z.]+").matches("a" * 5_000 + "@example.org")


def test_a_unit_has_a_budget_of_steps_that_its_cells_share() -> None:
    found = Pattern(WORST)
    with budgeted(1_000_000), pytest.raises(TooManySteps, match="of the file"):
        for _ in range(100):
            found.matches("a" * 100)
    found.matches("a" * 100)  # the budget went with its unit


def test_what_is_remembered_costs_the_same() -> None:
    """A unit that runs again, on a worker that knows the pattern, ends as it did."""
    found, counts = Pattern("(a|b)*c"), []
    for _ in range(2):
        count = 0
        with budgeted(10_000), suppress(TooManySteps):
            while True:
                found.matches("ab" * 50)
                count += 1
        counts.append(count)
    assert counts[0] == counts[1] > 0
