from dataclasses import replace

import pytest
from fermata.adapters.aws.deployed import Survey
from fermata.cli.doctor import findings

GOOD = Survey(account=1000, unreserved=980, workers=50, reads_tokens=True, alarms_reach=True, behind=())


def test_a_good_stack_needs_nothing(fermata, monkeypatch):
    monkeypatch.setattr("fermata.adapters.aws.deployed.survey", lambda stack: GOOD)
    said = fermata("doctor", "--stack", "fermata")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Nothing to change.")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unreserved": 50}, "set WorkerConcurrency to 45"),
        ({"account": 10, "unreserved": 10, "workers": 50}, "set WorkerConcurrency to 5"),
        ({"account": 10, "unreserved": 10, "workers": 5}, "L-B99A9384"),
        ({"behind": ("fermata-ApiFunction-1",)}, "fermata-ApiFunction-1: callers reach an older version"),
        ({"reads_tokens": False}, "callers need API keys"),
        ({"alarms_reach": False}, "Alarms reach nobody"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(changed, words):
    (finding,) = findings(replace(GOOD, **changed))
    assert words in finding


def test_something_to_change_shows_in_the_exit_code(fermata, monkeypatch):
    monkeypatch.setattr("fermata.adapters.aws.deployed.survey", lambda stack: replace(GOOD, alarms_reach=False))
    assert fermata("doctor", "--stack", "fermata").code == 1
