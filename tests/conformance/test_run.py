import pytest
from fermata_conformance.check import Document, Mismatch, Result, Skipped, is_true
from fermata_conformance.report import summary
from fermata_conformance.run import outcome_of, run


@pytest.fixture
def document():
    return Document("9", "Nine")


def raising(error):
    def check(target):
        """It holds."""
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "result", "detail"),
    [
        (Mismatch("it is two"), Result.FAILED, "it is two"),
        (Skipped("no key"), Result.SKIPPED, "no key"),
        (KeyError("status"), Result.FAILED, "the answer can't be read: KeyError: 'status'"),
    ],
)
def test_what_a_check_raises_is_its_outcome(document, error, result, detail):
    document.check(raising(error))
    outcome = outcome_of(None, document.checks[0])
    assert (outcome.result, outcome.detail) == (result, detail)


def test_checks_that_need_the_server_for_themselves_come_last_and_outcomes_keep_the_order(document):
    ran = []

    def alone(target):
        """It is alone."""
        is_true(set(ran) == {"one", "two"}, f"only {ran} ran before")
        ran.append("alone")

    def one(target):
        """One."""
        ran.append("one")

    def two(target):
        """Two."""
        ran.append("two")

    document.alone(alone)
    document.check(one)
    document.check(two)
    outcomes = run(None, document.checks)
    assert [outcome.check.name for outcome in outcomes] == ["alone", "one", "two"]
    assert {outcome.result for outcome in outcomes} == {Result.PASSED}
    assert summary(outcomes) == "3 checks: 3 passed, 0 failed, 0 skipped"
