"""What a sandbox's process does: it has no credentials in its environment, may take so much memory and no more, and ends itself
when a file takes too long or its parent is gone.

One request a line on standard input, one answer a line on standard output.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from fermata.domain.kind import UnitError

Task = Callable[[dict[str, Any]], dict[str, Any]]


def serve(tasks: Mapping[str, Task], memory: int) -> None:
    """Answer requests until standard input ends, each by the task that it names; ``memory``: bytes of address space."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="replace")
    # Whatever a library prints must not end up among the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    _limit_memory(memory)
    for line in sys.stdin:
        request = json.loads(line)
        # No handler: the signal ends the process, even within a library that does not return.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = answer_to(tasks, request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
        answers.flush()


def answer_to(tasks: Mapping[str, Task], request: dict[str, Any]) -> dict[str, Any]:
    """``{"content"}`` or ``{"error"}``; with ``spent`` when this process should not be used again."""
    try:
        return {"content": tasks[request["task"]](request)}
    except UnitError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "reading the file takes more memory than is allowed", "spent": True}
    except Exception as error:
        return {"error": f"the file can't be read ({type(error).__name__})", "spent": True}


def _limit_memory(memory: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        # Not every system can; the limits on time and on unpacked sizes hold nevertheless.
        return
