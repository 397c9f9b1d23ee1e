from __future__ import annotations

import pytest
from fermata.domain import errors

REFUSALS = [
    (errors.InvalidInput("limit", "is too large"), "limit: is too large", {"field": "limit"}),
    (errors.NotFound("job", "jobs:one"), "job not found: jobs:one", {"what": "job", "name": "jobs:one"}),
    (errors.WrongStatus("pause", "timed_out"), "cannot pause a job that is timed out", {"status": "timed_out"}),
    (errors.WrongStatus("retry", "completed", "nothing failed"), "nothing failed", {"command": "retry"}),
    (errors.IdTaken("one"), "job_id one is in use by a job with another request body", {"job_id": "one"}),
    (errors.LimitExceeded("open jobs", 5), "limit reached: open jobs is 5", {"limit": "open jobs", "value": 5}),
    (errors.Forbidden("admin"), "this needs the scope admin", {"scope": "admin"}),
]


@pytest.mark.parametrize(("error", "message", "facts"), REFUSALS)
def test_a_refusal_says_in_words_and_in_facts_what_was_wrong(error, message, facts):
    assert isinstance(error, errors.Refused)
    assert str(error) == message
    assert {name: getattr(error, name) for name in facts} == facts


def test_each_refusal_has_a_code_of_its_own():
    codes = {type(error): error.code for error, _, _ in REFUSALS}
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize("error", [errors.Stale, errors.Unavailable, errors.Unsure])
def test_what_may_succeed_when_tried_again_is_no_refusal(error):
    assert issubclass(error, errors.Retryable)
    assert not issubclass(error, errors.Refused)
