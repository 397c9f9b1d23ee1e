"""What the pages show to be typed into a shell, typed into a shell."""

import re
import shutil
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fermata.embedded import Embedded
from fermata.local.template import project_root

PAGES = sorted((project_root() / "docs" / "kinds").glob("*.md"))
SHOWN = [page for page in PAGES if "curl" in page.read_text(encoding="utf-8")]
FAILING_CURL = 'curl() { command curl --fail-with-body --silent --show-error "$@"; }\n'
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")


def bash(*arguments):
    return subprocess.run(["bash", *arguments], cwd=project_root(), capture_output=True, text=True)


def commands(page):
    """Each command of the page; one may take several lines."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        lines = ""
        for line in block.splitlines(keepends=True):
            lines += line
            if bash("-n", "-c", lines).returncode == 0:
                yield lines
                lines = ""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    """``samples/``, served as the page of the crawler does it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=project_root() / "samples")) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.fixture
def server():
    with Embedded() as running:
        yield running


def rests(server):
    """Wait until every job has ended or waits for a person."""
    resting = ("waiting_review", "paused")
    while any(not job.status.final and job.status.value not in resting for job in list(server.world.jobs.values())):
        time.sleep(0.01)


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
def test_calls_are_answered_as_they_stand_on_the_page(page, server, site):
    address = server.url.removeprefix("http://")
    for command in commands(page):
        if not command.startswith("curl"):
            continue
        for shown, real in {
            "127.0.0.1:8081": site,
            "localhost:8000": address,
            "sk_test_123456": server.api_key,
        }.items():
            command = command.replace(shown, real)
        said = bash("-c", FAILING_CURL + command)
        assert said.returncode == 0, (command, said.stdout, said.stderr)
        rests(server)
