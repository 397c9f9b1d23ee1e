"""The kit over the real app, and over servers that differ from the documents."""

import ast
from pathlib import Path

import fermata_conformance
import pytest
from fermata_conformance.pages import Pages
from fermata_conformance.run import documents

CHECKS = [f"{check.document} {check.name}" for document in documents() for check in document.checks]
ILL = "000 health_and_recovery_are_events"
"""Needs a server on which something went wrong before."""


@pytest.mark.parametrize("name", CHECKS)
def test_the_app_does_as_the_sentence_says(whole_run, name):
    row = whole_run.rows[name]
    assert row["result"] == ("skip" if name == ILL else "pass"), f"{row['sentence']} {row['detail']}"


def test_a_server_that_conforms_gives_exit_code_zero(whole_run):
    assert whole_run.code == (1 if whole_run.of("FAIL") else 0)


def test_a_key_too_many_is_a_difference(make_server, kit):
    with make_server(adding(b'"extra":1')) as server:
        seen = kit(*server.flags, "--only", "as_documented", "--only", "unknown_sources_are_404")
    assert seen.code == 1
    assert seen.of("FAIL") == set(seen.rows) >= {"000 pause_answers_as_documented", "001 start_answers_as_documented"}
    assert "has extra beyond it" in seen.rows["001 start_answers_as_documented"]["detail"]


def test_a_server_of_something_else_passes_next_to_nothing(kit):
    with Pages() as pages:
        seen = kit(pages.url, "--patience", "0.1")
    assert seen.code == 1
    assert seen.of("pass") <= {"000 health_and_recovery_are_events"}
    assert "001 active_lists_what_is_not_over" in seen.of("skip")


def test_a_server_far_away_is_not_asked_to_read_pages_from_here(make_server, kit):
    with make_server() as server:
        seen = kit(*server.flags, "--only", "column_mapping", "--only", "job_id_is_refused")
        assert (seen.code, len(seen.of("pass"))) == (0, 2)
        far = server.url.replace("127.0.0.1", "0.0.0.0")
        seen = kit(far, *server.flags[1:], "--only", "column_mapping", "--only", "job_id_is_refused")
    assert (seen.code, seen.of("skip")) == (0, {"001 column_mapping_names_the_columns"})


def test_with_a_key_of_ones_own_the_local_stacks_keys_are_not_tried(make_server, kit):
    with make_server() as server:
        seen = kit(server.url, "--api-key", "sk_test_123456", "--only", "another_tenants", "--only", "only_read")
        assert (seen.code, len(seen.of("skip"))) == (0, 2)
        seen = kit(*server.flags, "--only", "another_tenants", "--only", "only_read")
    assert (seen.code, len(seen.of("pass"))) == (0, 2)


def test_the_kit_imports_nothing_of_the_program():
    for path in Path(fermata_conformance.__file__).parent.glob("*.py"):
        named = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        assert not {node.module for node in named if node.module and node.module.split(".")[0] == "fermata"}, path


def test_each_check_has_a_name_of_its_own():
    assert len(set(CHECKS)) == len(CHECKS)


def adding(member):
    """A gateway that puts one more member into every object that is answered."""

    def wrap(app):
        async def wrapped(scope, receive, send):
            async def changed(message):
                if message["type"] == "http.response.start":
                    message["headers"] = [(n, v) for n, v in message["headers"] if n.lower() != b"content-length"]
                elif message.get("body", b"").startswith(b"{"):
                    message["body"] = b"{" + member + b"," + message["body"][1:]
                await send(message)

            await app(scope, receive, changed)

        return wrapped

    return wrap
