from __future__ import annotations

import json

import pytest
from fermata.adapters.memory.secrets import MemorySecrets
from fermata.control.engine import Limits
from fermata.domain.errors import InvalidInput, NotFound, ServiceFailed, Unavailable
from fermata.domain.progress import QUIET
from fermata.domain.transitions import Status

TOKEN = "AQC-token"


def answer(lab, token=TOKEN):
    outcome, text = lab.world.answers[token]
    return outcome, json.loads(text) if outcome == "succeeded" else text


def test_who_waits_is_told_the_result_once(lab):
    lab.start(callback=TOKEN)
    lab.run()
    outcome, output = answer(lab)
    assert (outcome, output["job_id"], output["status"]) == ("succeeded", "jobs:one", "completed")
    assert output["result"] == {"succeeded": 8, "failed": 0}
    assert output["counts"] == {"succeeded": 8, "failed": 0, "total": 8}
    assert lab.job.callback is None


def test_who_waits_is_told_of_a_cancel(lab):
    lab.start(callback=TOKEN)
    lab.cancel("enough")
    assert answer(lab) == ("Fermata.Cancelled", "jobs:one: enough")


def test_who_waits_is_told_of_a_failure(lab):
    lab.fail(*range(8))
    lab.start(callback=TOKEN)
    lab.run()
    assert answer(lab)[0] == "Fermata.Failed"


def test_a_token_is_stored_sealed(lab):
    job = lab.start(callback=TOKEN)
    assert job.callback is not None
    assert TOKEN not in repr(lab.world.jobs.values()).replace(job.callback, "")


def test_a_sign_of_life_comes_while_it_runs_and_while_it_is_paused(lab):
    lab.start(callback=TOKEN)
    lab.recover(after=60)
    lab.pause()
    lab.run()
    assert lab.job.status is Status.PAUSED
    lab.recover(after=60)
    assert lab.world.beats == {TOKEN: 2}


def test_who_dies_before_the_job_is_closed_leaves_the_call_to_recovery(lab, monkeypatch):
    lab.start(callback=TOKEN)
    succeed = lab.engine.workflow.fail
    monkeypatch.setattr(lab.engine.workflow, "fail", lambda *told: lab.die())
    lab.until_killed(lab.cancel)
    monkeypatch.setattr(lab.engine.workflow, "fail", succeed)
    lab.recover(after=60)
    assert answer(lab)[0] == "Fermata.Cancelled"
    assert lab.job.closed


def test_one_that_can_not_be_told_keeps_no_job_open(lab, monkeypatch):
    def refused(*told):
        raise ServiceFailed("AccessDenied")

    lab.start(callback=TOKEN)
    monkeypatch.setattr(lab.engine.workflow, "succeed", refused)
    lab.run()
    assert (lab.job.status, lab.job.closed) == (Status.COMPLETED, True)


def test_the_same_request_again_is_told_in_place_of_the_first(lab):
    lab.start(callback=TOKEN)
    lab.start(callback="another")
    lab.run()
    assert list(lab.world.answers) == ["another"]
    lab.start(callback="late")
    assert answer(lab, "late")[0] == "succeeded"


def test_a_large_result_is_left_to_be_read(lab, monkeypatch):
    monkeypatch.setattr("fermata.control.callbacks.MAX_OUTPUT", 100)
    lab.start(callback=TOKEN)
    lab.run()
    assert answer(lab)[1]["result"] is None


def test_a_stack_that_may_call_nobody_back_says_so(make_lab):
    lab = make_lab(limits=Limits(callbacks=False))
    with pytest.raises(InvalidInput, match="CallbackStateMachines"):
        lab.start(callback=TOKEN)
    assert lab.world.jobs == {}


def refuse_to_open(monkeypatch, error):
    def fails(*asked):
        raise error

    monkeypatch.setattr(MemorySecrets, "open", fails)


@pytest.mark.parametrize(
    "error", [NotFound("secret", "x"), Unavailable("throttled"), ServiceFailed("DisabledException")]
)
def test_a_job_is_recovered_although_no_sign_of_life_can_be_given(lab, monkeypatch, error):
    lab.start(callback=TOKEN)
    lab.world.queue.clear()
    refuse_to_open(monkeypatch, error)
    assert lab.recover(after=QUIET + 1).errors == []
    assert lab.world.queue


def test_a_token_whose_key_is_gone_keeps_no_job_open(lab, monkeypatch):
    lab.start(callback=TOKEN)
    refuse_to_open(monkeypatch, NotFound("secret", "in this context"))
    lab.run()
    assert (lab.job.status, lab.job.closed) == (Status.COMPLETED, True)


def test_a_token_whose_key_is_disabled_is_used_once_it_is_enabled_again(lab, monkeypatch):
    lab.start(callback=TOKEN)
    with monkeypatch.context() as disabled:
        refuse_to_open(disabled, ServiceFailed("DisabledException"))
        with pytest.raises(ServiceFailed):
            lab.run()
        assert (lab.job.status, lab.job.closed) == (Status.COMPLETED, False)
    lab.recover(after=60)
    assert answer(lab)[0] == "succeeded"
    assert lab.job.closed
