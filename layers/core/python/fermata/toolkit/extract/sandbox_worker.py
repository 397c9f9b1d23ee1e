"""The process in which untrusted files are read: ``python -m fermata.toolkit.extract.sandbox_worker``.

One request a line on standard input, one answer a line on standard output. It has no credentials in its environment,
may take so much memory and no more, and ends itself when a file takes too long or its parent is gone.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import Content, Outline, Section
from fermata.toolkit.extract.reader import read_here

MEMORY = 512 * 1024 * 1024
"""Bytes of address space."""


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Whatever a library prints must not end up among the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    _limit_memory()
    for line in sys.stdin:
        request = json.loads(line)
        # No handler: the signal ends the process, even within a library that does not return.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = answer_to(request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """``{"content"}`` or ``{"error"}``; with ``spent`` when this process should not be used again."""
    try:
        return {"content": asdict(_TASKS[request.get("task", "read")](request))}
    except UnitError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "reading the file takes more memory than is allowed", "spent": True}
    except Exception as error:
        return {"error": f"the file can't be read ({type(error).__name__})", "spent": True}


def _read(request: dict[str, Any]) -> Content:
    return read_here(Path(request["path"]), request["pages"], request["content_type"], request.get("empty", False))


def _outline(request: dict[str, Any]) -> Outline:
    from fermata.toolkit.extract.sections import outline_here

    return outline_here(Path(request["path"]), request["content_type"])


def _page(request: dict[str, Any]) -> Section:
    from fermata.toolkit.extract.sections import page_here

    return page_here(Path(request["path"]), request["number"])


_TASKS: Mapping[str, Callable[[dict[str, Any]], Content | Outline | Section]] = {
    "read": _read,
    "outline": _outline,
    "page": _page,
}


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        # Not every system can; the limits on time and on unpacked sizes hold nevertheless.
        return


if __name__ == "__main__":
    main()
