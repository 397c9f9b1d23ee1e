from __future__ import annotations

import pytest
from fermata.domain.transitions import TABLE, Command, Status

JOBS = "/api/v1/jobs"
FAILING = {"units": 4, "bad": [0, 1, 2, 3]}
VERBS = {
    "pause": ({}, Command.HOLD),
    "resume": ({}, Command.RELEASE),
    "cancel": ({}, Command.CANCEL),
    "retry": ({}, Command.RETRY),
    "approve": ({"decision": "approve"}, Command.APPROVE),
    "reject": ({"decision": "reject"}, Command.REJECT),
}


@pytest.fixture
def reach(service, create, do, time_out):
    """Brings a job to a status; its id."""

    def reach(status):
        if status is Status.TIMED_OUT:
            return time_out()
        bad = {Status.FAILED: [0, 1, 2, 3], Status.COMPLETED: [3]}.get(status, [])
        job_id = create(kind="draft" if status is Status.WAITING_REVIEW else "work", params={"bad": bad})
        if verb := {Status.PAUSED: "pause", Status.CANCELLED: "cancel"}.get(status):
            do(job_id, verb)
        elif status is not Status.PENDING:
            service.driver.run()
        return job_id

    return reach


@pytest.fixture
def verb_in(service, create, reach, do, workshop):
    """Applies a verb to a job in a status; the answer."""

    def apply(job_id, verb):
        assert service.engine.store.job(("default", job_id)).status is wanted[0]
        with service.leaves_one_record():
            return do(job_id, "review" if verb in ("approve", "reject") else verb, **VERBS[verb][0])

    def verb_in(status, verb):
        wanted.append(status)
        if status is not Status.RUNNING:
            return apply(reach(status), verb)
        job_id, answers = create(), []
        workshop.during("do", 0, lambda: answers.append(apply(job_id, verb)))
        service.driver.run()
        return answers[0]

    wanted = []
    return verb_in


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", Status)
def test_each_verb_in_each_status_answers_as_the_table_says(verb_in, status, verb):
    answer = verb_in(status, verb)
    if (status, VERBS[verb][1]) in TABLE:
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code == 409
        assert answer.json()["detail"].startswith("cannot ")


def test_a_paused_job_goes_on_where_it_stopped(service, create, read, do, workshop):
    job_id = create()
    workshop.during("do", 1, lambda: do(job_id, "pause"))
    service.driver.run()
    assert do(job_id, "resume").json()["status"] == "running"
    service.driver.run()
    assert read(job_id)["status"] == "completed"
    assert sorted(workshop.ran) == [("do", number) for number in range(4)]


def test_a_pause_with_an_end_ends_by_itself(service, create, read, do, monkeypatch):
    job_id = create()
    assert do(job_id, "pause", until="2999-01-01T00:00:00Z").json()["holds"][0]["until"] == "2999-01-01T00:00:00Z"
    service.driver.run()
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: 32_503_680_000.0)
    service.driver.recover()
    service.driver.run()
    assert read(job_id)["status"] == "completed"


def test_a_job_that_the_system_holds_may_be_paused_by_itself_too(service, create, read, do):
    job_id, admin = create(), service.key()
    admin.post("/api/v1/system/processing/pause")
    service.driver.run()
    assert do(job_id, "pause").status_code == 200
    admin.post("/api/v1/system/processing/resume")
    service.driver.run()
    assert read(job_id)["status"] == "paused"
    assert do(job_id, "resume").status_code == 200


def test_a_job_that_only_the_system_holds_is_not_resumed_and_the_hold_is_told_as_data(service, do, create):
    job_id, admin = create(), service.key()
    admin.post("/api/v1/system/processing/pause", json={"reason": "deploying"})
    service.driver.run()
    with service.leaves_one_record():
        answer = do(job_id, "resume")
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("cannot resume: the whole system is held by ")
    (hold,) = answer.json()["holds"]
    assert (hold["scope"], hold["reason"], hold["until"]) == ("system", "deploying", None)


def test_a_job_that_nothing_holds_is_refused_without_holds(do, create):
    answer = do(create(), "resume")
    assert (answer.status_code, answer.json()) == (
        409,
        {
            "detail": "cannot resume a job that is pending",
            "code": "wrong_status",
            "command": "resume",
            "status": "pending",
        },
    )


def test_a_cancelled_job_keeps_its_reason_and_its_results(service, ann, create, read, do, workshop):
    job_id = create()
    workshop.during("do", 1, lambda: do(job_id, "cancel", reason="a mistake"))
    service.driver.run()
    assert (read(job_id)["status"], read(job_id)["error"]) == ("cancelled", "a mistake")
    assert [row["unit"] for row in ann.get(f"{JOBS}/{job_id}/results").json()["results"]] == [0, 1]


def test_a_retry_runs_what_failed_and_nothing_else(service, create, read, do, workshop):
    job_id = create(params={"units": 4, "bad": [2]})
    service.driver.run()
    workshop.ran.clear()
    workshop.mended = True
    assert do(job_id, "retry").json()["status"] == "pending"
    service.driver.run()
    assert workshop.ran == [("do", 2)]
    assert read(job_id)["counts"] == {"succeeded": 4, "failed": 0, "remaining": 0, "total": 4}


def test_a_retry_of_the_unfinished_leaves_what_failed(service, read, do, workshop, time_out, skip):
    job_id = time_out(params={"units": 6, "bad": [0]})
    skip(60)
    assert read(job_id)["status"] == "timed_out"
    ran = set(workshop.ran)
    workshop.ran.clear()
    assert do(job_id, "retry", which="unfinished").status_code == 200
    service.driver.run()
    assert ran | set(workshop.ran) == {("do", number) for number in range(6)}
    assert not ran & set(workshop.ran)
    assert read(job_id)["counts"]["failed"] == 1


def test_nothing_unfinished_is_nothing_to_retry(service, create, do):
    job_id = create(params=FAILING)
    service.driver.run()
    answer = do(job_id, "retry", which="unfinished")
    assert (answer.status_code, answer.json()) == (
        409,
        {
            "detail": "no unit is unfinished, so there is nothing to retry",
            "code": "wrong_status",
            "command": "retry",
            "status": "failed",
        },
    )


def test_named_units_run_again_though_they_succeeded(service, create, do, workshop):
    job_id = create()
    service.driver.run()
    workshop.ran.clear()
    assert do(job_id, "retry", which="named", stage="do", units=[3, 1, 1]).status_code == 200
    service.driver.run()
    assert workshop.ran == [("do", 1), ("do", 3)]


def test_secrets_are_given_again_with_a_retry(service, create, do):
    job_id = create(kind="sealed", params={"bad": [0], "api_key": "one"})
    service.driver.run()
    assert do(job_id, "retry", secrets={"api_key": "two"}).status_code == 200
    job = service.engine.store.job(("default", job_id))
    assert service.engine.open_secrets(job) == {"api_key": "two"}


@pytest.mark.parametrize(
    "body",
    [
        {"which": "all"},
        {"which": "named"},
        {"which": "named", "units": []},
        {"which": "named", "units": [-1]},
        {"which": "named", "units": ["1"]},
        {"which": "named", "units": [4]},
        {"which": "named", "units": [0] * 10_001},
        {"which": "named", "units": [0], "stage": "nope"},
        {"which": "failed", "units": [0]},
        {"which": "failed", "stage": "do"},
        {"secrets": {"api_key": "x"}},
        {"units": [0]},
        {"unit": 0},
        [],
    ],
)
def test_a_retry_that_is_none_is_refused(service, create, ann, body):
    job_id = create(params=FAILING)
    service.driver.run()
    with service.leaves_one_record():
        assert ann.post(f"{JOBS}/{job_id}/retry", json=body).status_code == 422
    assert service.engine.store.job(("default", job_id)).status == "failed"


def test_an_approved_draft_is_applied(service, create, read, do, workshop):
    job_id = create(kind="draft")
    service.driver.run()
    assert read(job_id)["status"] == "waiting_review"
    assert do(job_id, "review", decision="approve", units=[2, 0, 1], reason="fine").status_code == 200
    assert service.engine.store.job(("default", job_id)).params["approved"] == "0-2"
    service.driver.run()
    assert (read(job_id)["status"], read(job_id)["stage"]) == ("completed", "apply")
    assert ("apply", 3) in workshop.ran


def test_a_rejected_draft_leaves_nothing_but_history(service, create, read, do, workshop):
    job_id = create(kind="draft")
    service.driver.run()
    assert do(job_id, "review", decision="reject", reason="no good").json()["status"] == "cancelled"
    service.driver.run()
    assert read(job_id)["error"] == "no good"
    assert all(stage == "do" for stage, _ in workshop.ran)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        {"decision": "maybe"},
        {"decision": None},
        {"decision": "approve", "units": []},
        {"decision": "approve", "x": 1},
        {"decision": "reject", "units": [1]},
        {"decision": "approve", "units": "1"},
        {"decision": "approve", "reason": "x" * 501},
    ],
)
def test_a_review_that_is_none_is_refused(service, create, ann, body):
    job_id = create(kind="draft")
    service.driver.run()
    with service.leaves_one_record():
        assert ann.post(f"{JOBS}/{job_id}/review", json=body).status_code == 422


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_a_reason_of_500_characters_is_taken_and_one_more_is_not(create, do, verb):
    assert do(create(), verb, reason="x" * 501).status_code == 422
    assert do(create(), verb, reason="x" * 500).status_code == 200


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "retry"])
@pytest.mark.parametrize("job_id", ["jobs:nope", "nonsense", "jobs:" + "x" * 161])
def test_an_id_that_names_no_job_is_not_found(service, do, verb, job_id):
    with service.leaves_one_record():
        assert do(job_id, verb).status_code == 404


def test_two_operators_at_once_act_once_and_both_leave_their_record(service, create, ann, do, monkeypatch):
    job_id, others = create(), []
    write = service.engine.store.write

    def meanwhile(*changes):
        monkeypatch.setattr(service.engine.store, "write", write)
        others.append(service.key().post(f"{JOBS}/{job_id}/cancel"))
        write(*changes)

    monkeypatch.setattr(service.engine.store, "write", meanwhile)
    answer = do(job_id, "cancel")
    assert (others[0].status_code, answer.status_code) == (200, 409)
    assert [outcome.partition(":")[0] for action, _, outcome in service.audit() if action == "jobs.cancel"] == [
        "done",
        "refused",
    ]
