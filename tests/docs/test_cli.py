import io
import re
import shlex

import pytest
from fermata.cli import reference
from fermata.cli.main import main
from fermata.embedded import Embedded
from fermata.local.template import project_root
from fermata_client import Client

PAGE = project_root() / "docs" / "cli.md"
EXAMPLES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", reference.HEAD, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("fermata ")
]


def test_the_page_is_what_the_commands_say():
    assert PAGE.read_text(encoding="utf-8") == reference.written(), "run: make docs"


@pytest.fixture(scope="module")
def server():
    with Embedded() as running:
        yield running


@pytest.fixture(scope="module")
def job(server):
    """A job whose draft waits for review."""
    with Client(server.url, api_key=server.api_key) as client:
        text = "n\n" + "".join(f"{number}\n" for number in range(30))
        made = client.jobs.create("csv_import", {"text": text})
        return made.wait(until=lambda job: job.status == "waiting_review").id


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return tmp_path_factory.mktemp("settings")


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_run_as_they_stand(line, server, job, settings, monkeypatch, capsys):
    monkeypatch.setenv("FERMATA_CONFIG", str(settings / "config.ini"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{server.api_key}\n"))
    for name in ("FERMATA_URL", "FERMATA_API_KEY", "FERMATA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    command, _, _ = line.partition("<")
    words = [re.sub(r"https://abc\..*", server.url, word).replace("JOB", job) for word in shlex.split(command)[1:]]
    assert main(words) == 0, capsys.readouterr().err
