"""``fermata conformance``: a server held to the documents, sentence by sentence."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from typing import Any

from rich.console import Console

from fermata.cli.endpoints import add_state, local_stack, running
from fermata.cli.errors import WrongUse
from fermata.cli.seeding import SEEDS
from fermata.cli.tokens import signed
from fermata.conformance.check import Check, Outcome, Result
from fermata.conformance.client import Callers
from fermata.conformance.pages import Pages
from fermata.conformance.report import row, show
from fermata.conformance.run import SIDE_BY_SIDE, documents, run
from fermata.conformance.target import PATIENCE, Target

TENANT = "default"
WARNING = "It starts and cancels jobs, pauses the whole system now and then, and clears the system events."


def add(commands: Any) -> None:
    help_ = "hold a server to the API documents, sentence by sentence"
    parser = commands.add_parser("conformance", help=help_, description=f"{help_}. {WARNING}")
    parser.add_argument("url", nargs="?", help="of the API (default: FERMATA_URL, else the local stack)")
    callers = parser.add_argument_group("callers", "Without a first key: the three keys of the local stack.")
    callers.add_argument("--api-key", metavar="KEY", help="all scopes (default: FERMATA_API_KEY)")
    callers.add_argument("--readonly-key", metavar="KEY", help="of the same tenant, may only read")
    callers.add_argument("--other-key", metavar="KEY", help="of another tenant, all scopes")
    callers.add_argument("--jwt-secret", metavar="SECRET", help="signs users' tokens (default: FERMATA_JWT_SECRET)")
    callers.add_argument("--tenant", default=TENANT, help="of the first key, and of the tokens (default: default)")
    parser.add_argument(
        "--only", action="append", metavar="WORD", help="checks whose document or name has it; again for more"
    )
    parser.add_argument(
        "--timed-out-task", type=int, metavar="ID", help="a task that ran out of time; no request makes one"
    )
    parser.add_argument("--patience", type=float, default=PATIENCE, metavar="SECONDS", help="that a job is given")
    parser.add_argument("--width", type=int, default=SIDE_BY_SIDE, metavar="N", help="checks at a time")
    parser.add_argument("--json", action="store_true", help="a line for each check as it ends, instead of tables")
    add_state(parser)
    parser.set_defaults(run=check)


def check(arguments: argparse.Namespace) -> int:
    every = documents()
    wanted = [one for document in every for one in document.checks if _is_wanted(one, arguments.only)]
    if not wanted:
        raise WrongUse(f"no check has {' or '.join(arguments.only)} in its name")
    url = arguments.url or os.environ.get("FERMATA_URL") or local_stack(arguments).api_url
    main, readonly, other = _keys(arguments)
    callers = Callers(url, key=main, readonly_key=readonly, other_key=other, token=_tokens(arguments, url))
    try:
        with Pages() as pages:
            target = Target(url, callers, pages, arguments.patience, arguments.timed_out_task)
            outcomes = run(target, wanted, _as_line if arguments.json else _progress(len(wanted)), arguments.width)
    finally:
        callers.close()
    if not arguments.json:
        show(Console(highlight=False), every, outcomes)
    return int(any(outcome.result is Result.FAILED for outcome in outcomes))


def _is_wanted(one: Check, words: list[str] | None) -> bool:
    return not words or any(word == one.document or word in one.name for word in words)


def _keys(arguments: argparse.Namespace) -> tuple[str, str | None, str | None]:
    """Of the caller with all scopes, of the one who may only read, of the one of another tenant."""
    given = arguments.api_key or os.environ.get("FERMATA_API_KEY")
    if given:
        return given, arguments.readonly_key, arguments.other_key
    main, readonly, other = (key for key, _, _ in SEEDS)
    return main, arguments.readonly_key or readonly, arguments.other_key or other


def _tokens(arguments: argparse.Namespace, url: str) -> Callable[[str, str], str] | None:
    """Makes tokens with the secret given, or with that of the local stack if it is the one that is checked."""
    secret = arguments.jwt_secret or os.environ.get("FERMATA_JWT_SECRET")
    if not secret:
        stack = running(arguments.state_dir)
        if stack is None or url.rstrip("/") != stack.api_url:
            return None
        secret = stack.jwt_secret
    return lambda user, scopes: signed(secret, user, arguments.tenant, scopes.split())


def _as_line(outcome: Outcome) -> None:
    print(json.dumps(row(outcome)), flush=True)


def _progress(count: int) -> Callable[[Outcome], None]:
    """Says on a terminal how far the run is."""
    console, done = Console(stderr=True), iter(range(1, count + 1))

    def tell(outcome: Outcome) -> None:
        number = next(done)
        if console.is_terminal:
            console.print(
                f"{number}/{count} {outcome.result} {outcome.check.document} {outcome.check.name}", markup=False
            )

    return tell
