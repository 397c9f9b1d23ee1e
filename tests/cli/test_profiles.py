import stat

import pytest


@pytest.fixture
def file(fermata, tmp_path):
    return tmp_path / "config.ini"


def test_a_profile_names_server_and_caller(fermata, server, file):
    assert fermata("profiles", "set", "prod", "--url", server.url, "--api-key", server.api_key).code == 0
    assert fermata("kinds", "list", "--profile", "prod").code == 0
    assert fermata("kinds", "list").code == 3


def test_a_profile_is_used_from_then_on(fermata, server, monkeypatch):
    fermata("profiles", "set", "prod", "--url", server.url, "--api-key", server.api_key, "--use")
    assert fermata("kinds", "list").code == 0
    assert fermata("profiles", "use", "--none").code == 0
    assert fermata("kinds", "list").code == 3
    monkeypatch.setenv("FERMATA_PROFILE", "prod")
    assert fermata("kinds", "list").code == 0


def test_only_its_owner_can_read_the_file(fermata, file):
    file.write_text("")
    file.chmod(0o600)
    fermata("profiles", "set", "prod", "--url", "https://example.com", "--api-key", "k")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_refused(fermata, file):
    fermata("profiles", "set", "prod", "--url", "https://example.com", "--api-key", "k")
    file.chmod(0o644)
    said = fermata("kinds", "list", "--profile", "prod")
    assert (said.code, "chmod 600" in said.err) == (1, True)


def test_credentials_are_not_shown(fermata):
    fermata("profiles", "set", "prod", "--url", "https://example.com", "--api-key", "sk_secret", "--use")
    said = fermata("profiles", "list")
    assert "sk_secret" not in said.out
    assert "API key" in said.out


def test_credentials_of_a_profile_go_to_its_server_alone(fermata, server):
    fermata("profiles", "set", "prod", "--url", "https://example.com", "--api-key", "k", "--use")
    said = fermata("kinds", "list", "--url", server.url)
    assert (said.code, "needs credentials" in said.err) == (2, True)
    said = fermata("kinds", "list", "--url", server.url, "--profile", "prod")
    assert (said.code, "needs credentials" in said.err) == (2, True)


def test_an_option_wins_over_the_profile(fermata, server):
    fermata("profiles", "set", "prod", "--url", server.url, "--api-key", "wrong", "--use")
    assert fermata("kinds", "list").code == 1
    assert fermata("kinds", "list", "--api-key", server.api_key).code == 0


def test_a_profile_is_changed_and_forgotten(fermata, file):
    fermata("profiles", "set", "prod", "--url", "https://example.com", "--api-key", "k", "--use")
    assert fermata("profiles", "set", "prod", "--token", "t").code == 0
    assert "token" in fermata("profiles", "list").out
    assert fermata("profiles", "set", "prod", "--url", "https://elsewhere.example").code == 2
    assert fermata("profiles", "remove", "prod").code == 0
    assert fermata("profiles", "list").err.startswith("There is no profile")


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "a b", "--url", "https://example.com", "--api-key", "k"),
        ("set", "default", "--url", "https://example.com", "--api-key", "k"),
        ("set", "x", "--api-key", "k"),
        ("set", "x", "--url", "example.com", "--api-key", "k"),
        ("set", "x", "--url", "https://example.com"),
        ("use", "nobody"),
        ("use",),
        ("remove", "nobody"),
    ],
)
def test_what_no_profile_can_be_is_refused(fermata, arguments):
    assert fermata("profiles", *arguments).code == 2


def test_a_file_of_another_editor_is_read(fermata, server, file):
    file.write_bytes(f"\ufeff[there]\r\nurl = {server.url}\r\napi_key = {server.api_key}\r\n".encode())
    file.chmod(0o600)
    assert fermata("jobs", "list", "--profile", "there").code == 0


def test_a_file_that_is_no_text_is_told(fermata, file):
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    said = fermata("jobs", "list", "--profile", "there")
    assert (said.code, "is not text in UTF-8" in said.err) == (1, True)


def test_a_file_that_is_none_is_told(fermata, file):
    file.write_text("[prod\n")
    file.chmod(0o600)
    said = fermata("kinds", "list", "--profile", "prod")
    assert (said.code, len(said.err.splitlines())) == (1, 1)
