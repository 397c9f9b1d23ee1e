"""What every command has in common: help, exit codes, and a line where a traceback would help nobody."""

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress

import click
import pytest
from fermata.cli.app import MODULES, SECTIONS, app
from fermata.cli.errors import EXIT_CODES, CommandError
from fermata_client import errors


def commands(group=app, path=()):
    """Every command there is, with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_command_explains_itself(fermata, path):
    said = fermata(*path, "--help")
    assert (said.code, said.out.startswith(f"Usage: fermata {' '.join(path)}")) == (0, True)
    assert ALL[path].help.endswith(".") or "\n" in ALL[path].help


@pytest.mark.parametrize("name", [name for section in SECTIONS.values() for name in section])
def test_the_help_says_of_each_command_what_its_module_does(name):
    listed = next(section[name] for section in SECTIONS.values() if name in section)
    assert " ".join(ALL[(name,)].help.split()).startswith(listed.removesuffix("."))


def test_each_module_that_is_called_otherwise_has_a_command():
    assert set(MODULES) <= {path[0] for path in ALL}


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("batch",),
        ("nonsense",),
        ("batch", "status", "--nonsense"),
        ("jobs", "pause"),
        ("jobs", "pause", "jobs:1", "--all"),
        ("jobs", "list", "--status", "asleep"),
        ("jobs", "create", "probe", "-p", "units"),
        ("jobs", "create", "probe", "--params", "[1]"),
        ("jobs", "create", "probe", "--params", '{"units": NaN}'),
        ("jobs", "create", "probe", "--params", "@/bin/sh"),
        ("jobs", "create", "probe", "--file", "a"),
        ("jobs", "create", "probe", "--file", "a=/bin/sh"),
        ("jobs", "show", "jobs:\udcff"),
        ("jobs", "pause", "jobs:1", "--until", "99999999999d"),
        ("jobs", "list", "--from", "36526d"),
        ("jobs", "retry", "jobs:1", "--units", "5-1"),
        ("jobs", "retry", "jobs:1", "--units", "1", "--unfinished"),
        ("jobs", "events", "jobs:1", "--follow", "-o", "csv"),
        ("up", "--port", "70000"),
        ("serve", "--port", "-1"),
        ("demo", "--copies", "0"),
    ],
)
def test_wrong_use_is_a_line_and_an_exit_code(fermata, command):
    said = fermata(*command, *(("--url", "http://localhost:1", "--api-key", "k") if "jobs" in command else ()))
    assert (said.code, said.out) == (2, "")
    assert not command or len(said.err.splitlines()) == 1 or command == ("batch",)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("no"), 1),
        (errors.NotFound(404, "Job not found"), 1),
        (errors.ConnectionFailed("http://localhost:1", "refused", sent=False), 3),
        (errors.ConnectionFailed("http://localhost:1", "gone", sent=True), 3),
        (errors.UnexpectedAnswer("http://localhost:1", "is it the right URL?"), 1),
        (PermissionError(13, "Permission denied", "/root/x"), 1),
        (ZeroDivisionError("a fault"), 70),
        (KeyboardInterrupt(), 130),
    ],
)
def test_whatever_goes_wrong_is_a_line_and_an_exit_code(fermata, monkeypatch, error, code):
    def fail(*arguments, **more):
        raise error

    monkeypatch.setattr("fermata.local.stack.up", fail)
    said = fermata("up")
    assert (said.code, "Traceback" in said.err, len(said.err.splitlines()) <= 1) == (code, False, True)
    assert code in EXIT_CODES


def test_a_fault_of_the_command_shows_where_on_demand(fermata, monkeypatch):
    def fail(*arguments, **more):
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("fermata.local.stack.up", fail)
    monkeypatch.setenv("FERMATA_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        fermata("up")


def test_ctrl_c_while_the_command_loads_is_no_traceback(monkeypatch):
    from fermata.cli.main import main

    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("fermata.cli.app.run", interrupted)
    assert main(["jobs"]) == 130


def test_without_what_the_command_needs_it_is_said_what_to_install(monkeypatch, capsys):
    from fermata.cli.main import main

    monkeypatch.delitem(sys.modules, "fermata.cli.app")
    monkeypatch.setitem(sys.modules, "click", None)
    assert main(["jobs"]) == 1
    assert "pip install 'fermata[local]'" in capsys.readouterr().err


KINDS = ["kinds", "list"]


def apart(arguments, shell="exec {}", **environment):
    """The command as a process of its own, behind a shell that does something to its ends."""
    line = shell.format(shlex.join([sys.executable, "-m", "fermata.cli.main", *arguments]))
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env={**os.environ, **environment})


@pytest.fixture
def kinds(server):
    return [*KINDS, "--url", server.url, "--api-key", server.api_key]


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_a_reader_who_has_seen_enough_is_no_error(kinds, format):
    said = apart([*kinds, "-o", format], "{} | true; exit ${{PIPESTATUS[0]}}")
    assert (said.returncode, said.stderr) == (0, "")


def test_a_reader_of_the_help_who_has_seen_enough_is_told_nothing():
    assert apart(["jobs", "--help"], "{} | true").stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_ends_that_are_closed_are_no_error(kinds, closed):
    said = apart(kinds, f"{{}} {closed}")
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["jobs", "--help"], ["completion", "bash"], KINDS])
def test_a_full_disk_is_told_in_a_line(server, arguments):
    caller = ("--url", server.url, "--api-key", server.api_key) if arguments == KINDS else ()
    said = apart([*arguments, *caller], "{} > /dev/full")
    assert (said.returncode, said.stderr) == (1, "fermata: No space left on device\n")


@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_a_terminal_that_lacks_a_character_shows_another(server, kinds, output):
    said = apart([*kinds, "-o", output], PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.isascii()


ENTERED = """
import sys
from fermata.cli.main import main
try:
    print("ready", flush=True)
    code = main(sys.argv[1:])
except KeyboardInterrupt:  # in this very script
    code = 130
sys.exit(code)
"""


@pytest.mark.parametrize("arguments", [["jobs", "watch"], ["follow"]], ids=" ".join)
def test_ctrl_c_at_any_time_is_no_traceback(server, at_rest, run, arguments):
    job = run("jobs", "create", "probe").out.split()
    line = [sys.executable, "-c", ENTERED, *arguments, *(job if "watch" in arguments else [])]
    caller = ["--url", server.url, "--api-key", server.api_key]
    for wait in (0.0, 0.1, 0.3):
        running = subprocess.Popen([*line, *caller], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert running.stdout.readline() == "ready\n"
        with suppress(subprocess.TimeoutExpired):
            running.wait(wait)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
        assert (running.returncode, "Traceback" in err) == (130, False), err


def test_the_version_is_the_packages(fermata):
    assert fermata("--version").out == "fermata 0.1.0\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_a_completion_script(fermata, shell):
    assert "_FERMATA_COMPLETE" in fermata("completion", shell).out


def completed(monkeypatch, capsys, *words):
    from fermata.cli.main import main

    monkeypatch.setenv("_FERMATA_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["fermata", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit):
        main([])
    return [line.partition(",")[2] for line in capsys.readouterr().out.splitlines()]


def test_commands_and_options_are_completed(monkeypatch, capsys):
    assert completed(monkeypatch, capsys, "jo") == ["jobs"]
    assert completed(monkeypatch, capsys, "jobs", "re") == ["results", "resume", "retry", "review"]


def test_ids_of_jobs_are_completed(monkeypatch, capsys, server, at_rest, run):
    job = run("jobs", "create", "probe").out.strip()
    monkeypatch.setenv("FERMATA_URL", server.url)
    monkeypatch.setenv("FERMATA_API_KEY", server.api_key)
    assert completed(monkeypatch, capsys, "jobs", "show", "jobs:") == [job]


def test_without_a_server_nothing_is_completed(monkeypatch, capsys, fermata):
    assert completed(monkeypatch, capsys, "jobs", "show", "jobs:") == [""]


def test_help_and_lists_load_neither_the_engine_nor_what_draws():
    """What a command loads is what its start takes."""
    code = "import sys; from fermata.cli.main import main; main(sys.argv[1:]); print(*sys.modules)"
    url = ("--url", "http://127.0.0.1:9", "--api-key", "k")
    for arguments in (["--help"], ["jobs", "show", "x", *url]):
        said = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        loaded = set(said.stdout.split())
        heavy = {
            "pydantic",
            "rich",
            "boto3",
            "fastapi",
            "jwt",
            "uvicorn",
            "fermata.api",
            "fermata.kinds.registry",
            "asyncio",
            "h2",
        }
        assert loaded & heavy == set()
        assert ("httpx" in loaded) == (arguments != ["--help"])
