import json
import socket
from pathlib import Path

import jwt
import pytest

SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def stack(fermata, server, monkeypatch, tmp_path) -> Path:
    """The state folder of a local stack that is said to run, and whose API is the server."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "jwt-secret").write_text(SECRET)
    (folder / "stack.json").write_text(json.dumps({"api_url": server.url, "outputs": {"TableName": "t"}}))
    return folder


def test_without_a_stack_it_is_said_how_to_start_one(fermata):
    said = fermata("batch", "status")
    assert said.code == 3
    assert "Start it with `fermata up`" in said.err


def test_where_nothing_answers_it_is_said(fermata):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        said = fermata("batch", "pause", "b", "--url", url, "--api-key", "k")
    assert (said.code, f"Nothing answers at {url}" in said.err) == (3, True)


def test_another_server_needs_credentials(fermata):
    said = fermata("batch", "status", "--url", "https://example.com")
    assert (said.code, "needs credentials" in said.err) == (2, True)


def test_the_local_stack_gets_a_token_by_itself(fermata, stack):
    assert fermata("batch", "status").err == "No batch is under way.\n"


def test_the_local_stacks_token_goes_nowhere_else(fermata, stack):
    assert fermata("batch", "status", "--url", "https://example.com").code == 2


@pytest.mark.parametrize("variable", ["FERMATA_API_KEY", "FERMATA_TOKEN"])
def test_the_environment_names_server_and_caller(fermata, server, monkeypatch, variable):
    token = jwt.encode({"sub": "ann", "aud": "fermata", "exp": 4e9}, SECRET, "HS256")
    monkeypatch.setenv("FERMATA_URL", server.url)
    monkeypatch.setenv(variable, token if variable == "FERMATA_TOKEN" else "sk_test_readonly")
    assert fermata("batch", "status").code == 0


def test_a_flag_wins_over_the_environment(fermata, server, monkeypatch):
    monkeypatch.setenv("FERMATA_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("FERMATA_TOKEN", "no token at all")
    assert fermata("batch", "status", "--url", server.url, "--api-key", "sk_test_123456").code == 0


def test_bad_credentials_are_told(fermata, server):
    said = fermata("batch", "status", "--url", server.url, "--token", "forged")
    assert (said.code, said.err) == (1, "fermata: the token is not valid (HTTP 401)\n")


@pytest.mark.parametrize("option", ["--api-key", "--token"])
@pytest.mark.parametrize("secret", ["ключ", "one\ntwo", "\x00"])
def test_what_can_be_no_key_is_refused_and_not_repeated(fermata, server, option, secret):
    said = fermata("jobs", "list", "--url", server.url, option, secret)
    assert (said.code, "has characters in it" in said.err, secret in said.err) == (1, True, False)


def test_a_key_may_bring_the_end_of_its_line(fermata, server):
    assert fermata("jobs", "list", "--url", server.url, "--api-key", f"{server.api_key}\r\n").code == 0


@pytest.mark.parametrize("url", ["example.com", "ftp://example.com", "http://[", "http://"])
def test_a_url_that_is_none_is_refused(fermata, url):
    said = fermata("batch", "status", "--url", url, "--api-key", "k")
    assert said.code in (1, 3)
    assert said.err.startswith("fermata: ")


def test_the_token_command_makes_tokens_that_the_api_accepts(fermata, stack, server):
    token = fermata("token", "--user", "ann", "--tenant", "acme", "--scope", "read control", "--ttl", "60").out.strip()
    claims = jwt.decode(token, SECRET, ["HS256"], audience="fermata")
    assert (claims["sub"], claims["tenant"], claims["scope"]) == ("ann", "acme", "read control")
    assert fermata("batch", "status", "--url", server.url, "--token", token).code == 0


def test_a_token_has_all_scopes_unless_told_otherwise(fermata, stack):
    claims = jwt.decode(fermata("token").out.strip(), SECRET, ["HS256"], audience="fermata")
    assert claims["scope"].split() == ["admin", "control", "read"]


def test_a_scope_that_is_none_is_refused(fermata, stack):
    assert "there is no scope root" in fermata("token", "--scope", "root").err


def test_the_templates_audience_is_the_one_of_the_tokens():
    from fermata.local.template import load
    from fermata_client.local import AUDIENCE

    assert load()["Parameters"]["JwtAudience"]["Default"] == AUDIENCE


def test_the_files_of_the_local_stack_are_called_as_the_client_knows_them():
    from fermata.local import stack
    from fermata_client import local

    assert (stack.STATE_FOLDER, stack._RECORD, stack.JWT_SECRET) == (local.FOLDER, local.RECORD, local.SECRET)


@pytest.mark.parametrize("ttl", ["0", "-5", "nan"])
def test_a_token_lasts(fermata, stack, ttl):
    assert fermata("token", "--ttl", ttl).code == 2
