"""No snippet of a page is run by nobody: what each page shows is typed, run or read here, or by the test that is named."""

import json
import re
import tomllib
from contextlib import suppress

import click
import pytest
from fermata.api.jobs.routes.creating import NewJob
from fermata.cli.reference import understood
from fermata.control.intake import take_message
from fermata.embedded import Embedded
from fermata.local.template import project_root
from fermata_client import Client

ROOT = project_root()
DOCS = ROOT / "docs"
TYPED = ["README.md", "docs/dashboard.md", "docs/deploying.md", "docs/following.md", "docs/kinds/tag_documents.md"]
TYPED += ["docs/webhooks.md"]
ELSEWHERE = {
    ("CONTRIBUTING.md", "sh"): "test_references.py",
    ("README.md", "sh"): "../browser/test_newcomer.py",
    ("clients/python/README.md", "python"): "test_snippets.py",
    ("docs/api.md", "sh"): "../conformance/test_local.py",
    ("docs/cli.md", "sh"): "test_cli.py",
    ("docs/client.md", "python"): "test_client.py",
    ("docs/engine.md", "mermaid"): "test_state_picture.py",
    ("docs/events.md", "json"): "test_snippets.py",
    ("docs/following.md", "python"): "test_following.py",
    ("docs/following.md", "js"): "../browser/test_following.py",
    ("docs/migrating.md", "python"): "test_howtos.py",
    ("docs/migrating.md", "json"): "test_howtos.py",
    ("docs/reviewing.md", "python"): "test_howtos.py",
    ("docs/reviewing.md", "sh"): "test_howtos.py",
    ("docs/scheduling.md", "json"): "test_snippets.py",
    ("docs/securing.md", "sh"): "test_howtos.py",
    ("docs/step-functions.md", "json"): "test_howtos.py",
    ("docs/tutorial-batch.md", "sh"): "test_tutorial_batch.py",
    ("docs/tutorial-kind.md", "python"): "test_tutorial_kind.py",
    ("docs/tutorial-kind.md", "sh"): "test_tutorial_kind.py",
    ("docs/webhooks.md", "json"): "test_snippets.py",
    ("docs/webhooks.md", "python"): "test_webhooks.py",
    ("docs/writing-kinds.md", "python"): "test_examples.py",
    ("docs/writing-kinds.md", "toml"): "test_snippets.py",
}
"""A page's snippets in a language → the test that is about them."""


def snippets(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_no_snippet_is_run_by_nobody(pages):
    shown = {
        (str(path.relative_to(ROOT)), language)
        for path in [*pages, ROOT / "CONTRIBUTING.md", ROOT / "clients" / "python" / "README.md"]
        for language in re.findall(r"^```(\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    kinds = {one for one in shown if one[0].startswith("docs/kinds/")}  # by test_shell.py, and as JSON below
    left = shown - kinds - {(page, "sh") for page in TYPED} - {("docs/deploying.md", "text")}
    assert left <= set(ELSEWHERE)
    assert set(ELSEWHERE) <= shown
    assert [path for path in ELSEWHERE.values() if not (ROOT / "tests" / "docs" / path).is_file()] == []


def test_every_command_in_a_sentence_is_understood(all_text):
    named = set(re.findall(r"`fermata ([a-z][^`\n]+)`", all_text))
    assert len(named) > 20
    for line in named:
        words = [word for word in line.split() if word != "…"]
        with suppress(click.MissingParameter):  # a sentence need not name everything
            assert understood(words).callback, line


@pytest.mark.parametrize("page", TYPED)
def test_the_commands_of_a_page_run_in_its_order(typed, server, tmp_path, page):
    (tmp_path / "list.csv").write_text("Name,Where\nSwifts,samples/swifts.md\n")
    with Client(server.url, api_key=server.api_key) as client:
        job = client.jobs.create("probe", {"units": 1}).wait()
        shown = typed(ROOT / page, **({"JOB": job.id} if page == "docs/following.md" else {}))
    assert shown


@pytest.mark.parametrize("page", sorted(DOCS.glob("kinds/*.md")), ids=lambda page: page.stem)
def test_what_a_kind_answers_is_json(page):
    for text in snippets(page, "json"):
        json.loads(text)


def test_a_message_is_taken_as_the_page_shows_it():
    (text,) = snippets("docs/scheduling.md", "json")
    with Embedded() as server:
        server.works.clear()
        accepted = take_message(server.engine, json.loads(text), "message")
        assert accepted.job.params["units"] == 100


def test_a_job_names_whom_to_tell_as_the_page_shows_it():
    (text,) = snippets("docs/webhooks.md", "json")
    assert len(NewJob.model_validate(json.loads(text)).notify) == 3


def test_the_pattern_of_events_matches_one():
    (text,) = snippets("docs/events.md", "json")
    pattern = json.loads(text)
    assert pattern.keys() <= {"source", "detail-type", "detail"}
    event = {"source": "fermata", "detail-type": "job.failed", "detail": {"job": {"kind": "crawl"}}}
    assert matches(pattern, event)
    assert not matches(pattern, {**event, "detail-type": "job.completed"})


def matches(pattern, event):
    """As EventBridge does, for what the page has in it."""
    return all(
        matches(wanted, event[name]) if isinstance(wanted, dict) else event[name] in wanted
        for name, wanted in pattern.items()
    )


def test_a_package_names_its_kind_as_the_page_shows_it():
    (text,) = snippets("docs/writing-kinds.md", "toml")
    assert tomllib.loads(text)["project"]["entry-points"]["fermata.kinds"]


def test_the_client_is_used_as_its_own_page_shows(monkeypatch, capsys):
    (program,) = snippets("clients/python/README.md", "python")
    monkeypatch.setattr(Client, "local", Client.embedded)
    program = re.sub(r'"tag_documents", {.*}', '"probe", {"units": 2}', program)
    exec(compile(program, "README.md", "exec"), {})
    assert "{'number': 1}" in capsys.readouterr().out
