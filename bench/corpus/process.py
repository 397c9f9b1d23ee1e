"""One reader over many files, in a process that can be ended: ``python -m bench.corpus.process FORMAT READER``.

Paths are read from standard input as JSON; for each comes a line ``{"text" or "error", "seconds", "memory": bytes}``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.corpus.readers import READERS

SECONDS = 30
"""How long one file may take."""

MEMORY = 4 * 1024**3
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reading:
    """What a reader made of its files.

    Attributes:
        texts: one for each file; None where it was refused, crashed its reader or took too long.
        seconds: of processor time, for all files.
        memory: bytes, the most that there was.
    """

    texts: list[str | None]
    seconds: float
    memory: int


def read_all(python: str, format_: str, reader: str, files: Sequence[Path]) -> Reading:
    """Let ``reader`` read the files in a process of the interpreter ``python``, in another after one that it crashes on."""
    texts: list[str | None] = [None] * len(files)
    seconds, memory, start = 0.0, 0, 0
    while start < len(files):
        command = [python, "-W", "ignore", "-m", "bench.corpus.process", format_, reader]
        paths = json.dumps([str(path) for path in files[start:]])
        done = subprocess.run(command, input=paths, capture_output=True, text=True, cwd=ROOT)
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.endswith("}")]
        if not answers and "ModuleNotFoundError" in done.stderr:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        for number, answer in enumerate(answers):
            texts[start + number] = answer.get("text")
            seconds += answer["seconds"]
            memory = max(memory, answer["memory"])
        start += len(answers) + (start + len(answers) < len(files))
    return Reading(texts, seconds, memory)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    reader = READERS[sys.argv[1]][sys.argv[2]]
    for path in json.load(sys.stdin):
        signal.alarm(SECONDS)  # no handler: it ends the process, even within a library that does not return
        began = time.process_time()
        answer: dict[str, Any] = {}
        try:
            answer["text"] = reader(Path(path)).encode("utf-8", "ignore").decode()
        except ModuleNotFoundError:
            raise
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"[:200]
        signal.alarm(0)
        answer |= {"seconds": time.process_time() - began, "memory": _memory()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _memory() -> int:
    """Bytes that this program has had at most; what getrusage says counts the one that started it, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
