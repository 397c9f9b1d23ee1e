from __future__ import annotations

from dataclasses import replace

from fermata.control.queueing import LONGEST_QUIET, chunk_message, job_message, noted
from fermata.domain.progress import QUIET


def test_a_message_names_its_job_and_carries_what_a_look_at_the_holds_needs(lab):
    job = lab.start(source="s1")
    message = job_message(job, express=True)
    assert (message.task, message.ref, message.scopes, message.express) == (
        "job",
        lab.ref,
        ("system", "source:s1"),
        True,
    )


def test_a_chunks_message_names_its_place(lab):
    job = lab.start(kind="two")
    lab.plan()
    message = chunk_message(job, lab.chunks()[1])
    assert (message.task, message.ref, message.stage, message.chunk, message.express) == ("chunk", lab.ref, 0, 1, False)


def test_a_message_is_waited_for_twice_as_long_each_time_that_nothing_came_of_it(lab):
    job = replace(lab.start(), queued_at=0.0, queued_until=0.0)
    patience = []
    for _ in range(9):
        job = noted(job, job.queued_until)
        patience.append(job.queued_until - job.queued_at)
    assert patience[:4] == [QUIET, 2 * QUIET, 4 * QUIET, 8 * QUIET]
    assert patience[-1] == LONGEST_QUIET


def test_a_step_that_was_done_starts_the_patience_anew(lab):
    lab.start(params={"units": 40})
    lab.world.queue.clear()
    lab.recover(after=QUIET)
    assert lab.job.queued_until - lab.job.queued_at == 2 * QUIET
    lab.plan()
    assert lab.job.queued_until - lab.job.queued_at == QUIET
