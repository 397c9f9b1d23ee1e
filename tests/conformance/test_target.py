from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fermata_conformance.check import Mismatch, Skipped
from fermata_conformance.client import Callers
from fermata_conformance.pages import Pages
from fermata_conformance.target import Target, is_near, shared


@pytest.fixture
def target():
    callers = Callers("http://127.0.0.1:9", key="key")
    yield Target("http://127.0.0.1:9", callers, None, patience=0.2)
    callers.close()


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://localhost:8000", True),
        ("http://[::1]:1", True),
        ("http://a.localhost/", True),
        ("https://api.example.com", False),
    ],
)
def test_a_server_on_this_machine_can_read_pages_from_here(url, near):
    assert is_near(url) is near


def test_waiting_ends_with_what_was_seen_last(target):
    assert target.until(lambda: 3, lambda value: value == 3, "three") == 3
    with pytest.raises(Mismatch, match=r"three did not come within 0\.2 s; at last: 2"):
        target.until(lambda: 2, lambda value: value == 3, "three")


def test_a_shared_job_is_made_once(target):
    made = []

    @shared
    def job(target):
        made.append(1)
        return len(made)

    assert (job(target), job(target)) == (1, 1)


def test_checks_that_lack_a_credential_are_skipped(target):
    with pytest.raises(Skipped, match="--other-key"):
        _ = target.callers.other
    with pytest.raises(Skipped, match="--jwt-secret"):
        target.callers.user("ann")


def test_pages_behind_a_gate_come_when_it_opens():
    with Pages() as pages, ThreadPoolExecutor(1) as pool:
        below = pages.gated("run")
        first = [pages.answer(url.removeprefix(pages.url))[0] for url in pages.texts("run", 3, below)]
        held = pool.submit(pages.answer, f"{below}/text/run/4.txt")
        with pytest.raises(TimeoutError):
            held.result(timeout=0.1)
        pages.gate("run").open()
        assert [*first, held.result()[0]] == [200] * 4
        assert pages.fetched("run") == 4


def test_pages_that_are_not_there_are_missing():
    with Pages() as pages:
        assert pages.answer("/none")[0] == 404
        assert httpx.get(pages.put("/some", "bees")).text == "bees"
        assert httpx.get(pages.put("/slow/0/other", "wasps")).text == "wasps"
