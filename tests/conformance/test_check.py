import pytest
from fermata_conformance.check import Document, Mismatch, Result, has_keys, is_equal, shown
from fermata_conformance.client import ABSENT, ENVELOPE, Answer


def answer(status, json=ABSENT):
    return Answer("GET /it", status, {}, "" if json is ABSENT else str(json), json)


@pytest.mark.parametrize(
    ("seen", "difference"),
    [
        ({"a": 1}, "lacks b"),
        ({"a": 1, "b": 2, "c": 3}, "has c beyond it"),
        ({"c": 3}, "lacks a, b and has c beyond it"),
        ([], "not an object"),
    ],
)
def test_keys_must_be_exactly_those_of_the_document(seen, difference):
    has_keys("it", {"a": 1, "b": 2}, ("a", "b"))
    with pytest.raises(Mismatch, match=difference):
        has_keys("it", seen, ("a", "b"))


@pytest.mark.parametrize(("seen", "wanted"), [(1, 2), (True, 1), (1, 1.0), (None, "")])
def test_values_of_another_type_are_not_equal(seen, wanted):
    with pytest.raises(Mismatch, match="it is"):
        is_equal("it", seen, wanted)


def test_a_long_value_is_shown_in_part():
    assert len(shown("x" * 10_000)) < 400


def test_a_check_without_a_sentence_is_refused():
    with pytest.raises(ValueError, match="stands for no sentence"):
        Document("9", "Nine").check(lambda target: None)


def test_an_answer_with_another_status_is_a_difference():
    assert answer(200, {"a": 1}).body() == {"a": 1}
    for wrong in (answer(201, {"a": 1}), answer(200)):
        with pytest.raises(Mismatch, match="GET /it answers"):
            wrong.body()


@pytest.mark.parametrize(
    "body", [{"detail": ""}, {"detail": [{"msg": "no"}]}, {"error": "no"}, {"detail": "no", "more": 1}, []]
)
def test_an_error_has_the_shape_of_its_document(body):
    assert answer(404, {"detail": "no"}).refuses(404) == "no"
    with pytest.raises(Mismatch):
        answer(404, body).refuses(404)


def test_the_code_in_an_envelope_is_the_status():
    assert answer(400, {"code": 400, "message": "no", "data": None}).refuses(400, shape=ENVELOPE) == "no"
    with pytest.raises(Mismatch):
        answer(400, {"code": 404, "message": "no", "data": None}).refuses(400, shape=ENVELOPE)


def test_results_read_well_in_a_table():
    assert [str(result) for result in Result] == ["pass", "FAIL", "skip"]
