"""Runs the checks: most side by side, those that need the server for themselves one after the other at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from fermata_conformance.check import Check, Document, Mismatch, Outcome, Result, Skipped
from fermata_conformance.target import Target

MODULES = (
    "pause_resume",
    "batch",
    "task_pause",
    "tasks",
    "processes",
    "contract",
    "jobs",
    "units",
    "schedules",
    "access",
    "changes",
    "webhooks",
)
"""One for each document, in the order of their numbers, then what goes beyond them."""

SIDE_BY_SIDE = 4


def documents() -> list[Document]:
    """All documents, with their checks."""
    return [import_module(f"fermata_conformance.{name}").DOCUMENT for name in MODULES]


def run(
    target: Target,
    checks: Sequence[Check],
    tell: Callable[[Outcome], None] = lambda outcome: None,
    width: int = SIDE_BY_SIDE,
) -> list[Outcome]:
    """Run these checks; their outcomes in the same order. ``tell`` hears of each as it ends."""

    lock = threading.Lock()

    def one(check: Check) -> Outcome:
        outcome = outcome_of(target, check)
        with lock:
            tell(outcome)
        return outcome

    together = [check for check in checks if not check.alone]
    with ThreadPoolExecutor(width) as pool:
        outcomes = list(pool.map(one, together))
    outcomes += [one(check) for check in checks if check.alone]
    places = {id(check): place for place, check in enumerate(checks)}
    return sorted(outcomes, key=lambda outcome: places[id(outcome.check)])


def outcome_of(target: Target, check: Check) -> Outcome:
    """Whatever goes wrong in a check is its failure: an answer of another shape than any that was thought of, too."""
    began = time.monotonic()
    result, detail = Result.PASSED, ""
    try:
        check.run(target)
    except Skipped as reason:
        result, detail = Result.SKIPPED, str(reason)
    except Mismatch as difference:
        result, detail = Result.FAILED, str(difference)
    except Exception as error:
        result, detail = Result.FAILED, f"the answer can't be read: {type(error).__name__}: {error}"
    return Outcome(check, result, detail, time.monotonic() - began)
