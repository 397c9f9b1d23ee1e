from __future__ import annotations

import re

import pytest
from fermata.adapters.aws.workflow import execution_name
from fermata.domain.jobs import Ref


@pytest.mark.parametrize("id_", ["batch:" + "x" * 128, "jobs:ü|#", "", "sources:a/b c"])
def test_an_execution_may_have_its_name(id_):
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", execution_name(Ref("acme", id_), 1_000_000))


def test_no_two_runs_share_a_name():
    runs = [
        (Ref("a", "b:1"), 1),
        (Ref("a", "b:1"), 11),
        (Ref("a", "b:11"), 1),
        (Ref("a", "b-1"), 1),
        (Ref("ab", ":1"), 1),
    ]
    long = [(Ref("a", "batch:" + "x" * 127 + last), 1) for last in "yz"]
    assert len({execution_name(*run) for run in runs + long}) == len(runs + long)


def test_an_executions_name_shows_the_job():
    assert execution_name(Ref("acme", "batch:batch-17"), 2).startswith("batch-batch-17-2-")
