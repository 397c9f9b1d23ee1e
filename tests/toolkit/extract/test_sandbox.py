from __future__ import annotations

import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fermata.domain.interruption import interruptible_by
from fermata.domain.kind import Interrupted, UnitError, UnitRetry
from fermata.toolkit.extract import read, sandbox
from fermata.toolkit.sandbox import Sandbox

SLOW = zlib.compress(b"BT /F 12 Tf " + b"(a) Tj " * 5_000_000 + b"ET")
"""A page that is drawn one letter at a time, small enough to pass for an honest one."""


@pytest.fixture(autouse=True)
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """One reading process of this test's own."""
    own = Sandbox("fermata.toolkit.extract.sandbox_worker", 1, sandbox.SECONDS)
    monkeypatch.setattr(sandbox, "_readers", own)
    yield own
    own.close()


def process_of(readers: Sandbox) -> int:
    child = readers._slots.get()
    readers._slots.put(child)
    assert child is not None
    return child._process.pid


def test_files_are_read_in_one_process_that_stays(samples: Path, readers: Sandbox) -> None:
    assert read(samples / "glacier.txt", 1).format == "text"
    first = process_of(readers)
    assert read(samples / "lighthouses.pdf", 2).format == "pdf"
    assert process_of(readers) == first != os.getpid()


def test_a_refusal_comes_through_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(UnitError, match="the file is empty"):
        read(tmp_path / "empty", 1)


def test_a_file_that_takes_too_long_is_given_up(make_pdf: Callable[..., Path], readers: Sandbox) -> None:
    readers.seconds = 0.5
    with pytest.raises(UnitError, match=r"took longer than 0\.5 seconds"):
        read(make_pdf(packed=(SLOW,)), 1)


def test_the_file_after_one_that_took_too_long_is_read(
    make_pdf: Callable[..., Path], samples: Path, readers: Sandbox
) -> None:
    readers.seconds = 0.5
    with pytest.raises(UnitError):
        read(make_pdf(packed=(SLOW,)), 1)
    readers.seconds = sandbox.SECONDS
    assert read(samples / "glacier.txt", 1).format == "text"


def test_a_job_that_is_paused_does_not_wait_for_the_rest_of_a_document(
    make_pdf: Callable[..., Path], samples: Path, readers: Sandbox
) -> None:
    def stop() -> None:
        raise Interrupted

    with interruptible_by(stop), pytest.raises(Interrupted):
        read(make_pdf(packed=(SLOW,)), 1)
    assert read(samples / "glacier.txt", 1).format == "text"


def test_a_process_that_was_killed_while_idle_is_replaced(samples: Path, readers: Sandbox) -> None:
    read(samples / "glacier.txt", 1)
    os.kill(process_of(readers), signal.SIGKILL)
    assert read(samples / "glacier.txt", 1).format == "text"


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    script = (
        "from fermata.toolkit.extract import sandbox_worker as child\n"
        "child.read_here = lambda *_: bytearray(600 * 1024 * 1024)\n"
        "child.serve(child.TASKS, child.MEMORY)"
    )
    request = b'{"task": "read", "path": "x", "pages": 1, "content_type": "", "seconds": 20}\n'
    done = subprocess.run([sys.executable, "-c", script], input=request, capture_output=True, check=True)
    assert b"takes more memory than is allowed" in done.stdout


def test_what_a_library_prints_is_no_answer() -> None:
    script = (
        "import os; from fermata.toolkit.extract import sandbox_worker as child\n"
        "child.read_here = lambda *_: (print('noise'), os.write(1, b'noise'), 1 / 0)\n"
        "child.serve(child.TASKS, child.MEMORY)"
    )
    request = b'{"task": "read", "path": "x", "pages": 1, "content_type": "", "seconds": 20}\n'
    done = subprocess.run([sys.executable, "-c", script], input=request, capture_output=True, check=True)
    assert done.stdout == b'{"error": "the file can\'t be read (ZeroDivisionError)", "spent": true}\n'


def test_no_credentials_reach_the_reading_process(
    samples: Path, readers: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    read(samples / "glacier.txt", 1)
    assert b"secret" not in Path(f"/proc/{process_of(readers)}/environ").read_bytes()


def test_more_files_than_processes_wait_their_turn(samples: Path) -> None:
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda _: read(samples / "glacier.txt", 1).format, range(12)))
    assert found == ["text"] * 12


def test_a_file_whose_turn_never_comes_is_tried_again(samples: Path, readers: Sandbox) -> None:
    slot = readers._slots.get()
    try:
        with pytest.raises(UnitRetry):
            read(samples / "glacier.txt", 1, deadline=0.0)
    finally:
        readers._slots.put(slot)
