"""What the how-tos show: their commands in the order of the page, their programs, and the state of a state machine."""

import ast
import json
import re

import pytest
from fermata.api.jobs.routes.creating import NewJob
from fermata.cli.pages import description
from fermata.local.template import project_root

DOCS = project_root() / "docs"


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def test_a_stack_is_secured_as_the_page_says(typed):
    shown = typed(DOCS / "securing.md")
    assert "nightly import" in shown["fermata keys list"]
    assert "is revoked" in shown["fermata keys revoke KEY"]


def test_a_draft_is_reviewed_as_the_page_says(typed):
    shown = typed(DOCS / "reviewing.md")
    assert "waiting_review" in shown["fermata jobs list --status waiting_review"]
    assert "ticket" in shown["fermata records show records -o csv --all"]


def test_the_program_of_the_review_runs(capsys):
    (program,) = blocks("reviewing.md", "python")
    exec(compile(program, "reviewing.md", "exec"), {})
    assert "2 records" in capsys.readouterr().out


def test_what_comes_from_elsewhere_runs_here(marked, capsys):
    names = {}
    for name in ("moved", "started"):
        exec(compile(marked(name), name, "exec"), names)
    assert capsys.readouterr().out == "6\n"


@pytest.mark.parametrize("name", ["celery", "temporal"])
def test_what_it_was_elsewhere_is_python(marked, name):
    assert ast.parse(marked(name)).body


def test_what_it_was_in_a_distributed_map_is_a_state(marked):
    assert json.loads(marked("map"))["Type"] == "Map"


def test_the_state_asks_for_a_job_as_the_api_takes_it(marked):
    parameters = json.loads(marked("state"))["Parameters"]
    assert parameters["Method"].lower() in description()["paths"][parameters["Path"]]
    body = parameters["RequestBody"]
    assert body["callback"].pop("task_token.$") == "$$.Task.Token"
    asked = NewJob.model_validate({**body, "callback": {"task_token": "token"}})
    assert (asked.kind, asked.callback.task_token) == ("probe", "token")
