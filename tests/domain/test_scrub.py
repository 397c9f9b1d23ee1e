"""Secrets are taken out of what a kind says, and only then is it cut."""

import pytest
from fermata.domain.kind import Result
from fermata.domain.scrub import Scrubber

KEY = "sk-proj-aB3x/Y+9z_Q7w-eR5t=uI1oP"
SCRUB = Scrubber.of([KEY])


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        f"key {KEY[:12]} is wrong",
        f"key {KEY[:8]}",
        f"{KEY}{KEY}",
        f"in lower case {KEY.lower()}",
        "in a URL ?key=sk-proj-aB3x%2FY%2B9z_Q7w-eR5t%3DuI1oP",
        "cut in the middle of a URL ?key=sk-proj-aB3x%2FY%2B9z_Q",
    ],
)
def test_no_text_has_a_secret_or_its_beginning_in_it(text):
    clean = SCRUB.text(text)
    assert "…" in clean
    assert not any(part.lower() in clean.lower() for part in (KEY[:8], "aB3x", "Y+9z_Q7w", KEY[-8:]))


def test_a_text_is_cut_after_it_was_scrubbed():
    assert SCRUB.text("x" * 190 + KEY, 200) == "x" * 190 + "…"


def test_what_is_no_secret_stays():
    text = "the model gpt-4o-mini is not there; sk-pro is no key"
    assert SCRUB.text(text) == text
    assert Scrubber.of(["", "x", "short"]).text("a short text with an x") == "a short text with an x"


def test_results_are_scrubbed_in_depth_names_included():
    value = {"tags": [KEY.lower(), "fine"], KEY: {"a": KEY}, "number": 1, "none": None}
    clean = SCRUB.result(Result(3, value, None))
    assert clean.value == {"tags": ["…", "fine"], "…": {"a": "…"}, "number": 1, "none": None}
    assert SCRUB.result(Result(3, None, KEY + "y" * 2_000)).error == "…" + "y" * 999


@pytest.mark.parametrize("length", [4, 6, 100, 4096])
def test_secrets_of_any_length_are_found(length):
    secret = ("aB3x" * 1024)[:length]
    scrub = Scrubber.of([secret])
    clean = scrub.text(f"before {secret} after " * 50)
    assert (secret in clean) is (length < 6)


def test_secrets_with_json_escapes_are_found():
    secret = 'pass"word\\with\nbreaks'
    assert "word" not in Scrubber.of([secret]).text('{"key": "pass\\"word\\\\with\\nbreaks"}')
