"""``fermata conformance``: a server held to the documents, sentence by sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from fermata_client.local import LocalStack
from fermata_conformance.check import Check, Outcome, Result
from fermata_conformance.client import Callers
from fermata_conformance.pages import Pages
from fermata_conformance.report import row, show
from fermata_conformance.run import SIDE_BY_SIDE, documents, run
from fermata_conformance.target import PATIENCE, Target
from rich.console import Console

from fermata.cli import options
from fermata.cli.cloud import local_stack, running
from fermata.cli.errors import WrongUse
from fermata.cli.seeding import SEEDS

TENANT = "default"


@click.command("conformance")
@click.argument("url", required=False)
@click.option("--api-key", metavar="KEY", help="All scopes (FERMATA_API_KEY; default: the keys of the local stack).")
@click.option("--readonly-key", metavar="KEY", help="Of the same tenant, may only read.")
@click.option("--other-key", metavar="KEY", help="Of another tenant, all scopes.")
@click.option("--jwt-secret", metavar="SECRET", help="Signs users' tokens (FERMATA_JWT_SECRET).")
@click.option("--tenant", default=TENANT, show_default=True, help="Of the first key, and of the tokens.")
@click.option("--only", multiple=True, metavar="WORD", help="Checks whose document or name has it; again for more.")
@click.option("--timed-out-task", type=int, metavar="ID", help="A task that ran out of time; no request makes one.")
@click.option(
    "--patience", type=float, default=PATIENCE, show_default=True, metavar="SECONDS", help="That a job is given."
)
@click.option("--width", type=click.IntRange(1), default=SIDE_BY_SIDE, show_default=True, help="Checks at a time.")
@click.option("--json", is_flag=True, help="A line for each check as it ends, instead of tables.")
@options.state
def conformance_command(**given: Any) -> int:
    """Hold a server to the API documents, sentence by sentence: the one at URL, at FERMATA_URL, or the local stack.

    It starts and cancels jobs, pauses the whole system now and then, and clears the system events.
    """
    return check(SimpleNamespace(**given))


def check(arguments: SimpleNamespace) -> int:
    every = documents()
    wanted = [one for document in every for one in document.checks if _is_wanted(one, arguments.only)]
    if not wanted:
        raise WrongUse(f"no check has {' or '.join(arguments.only)} in its name")
    url = arguments.url or os.environ.get("FERMATA_URL") or local_stack(arguments.state_dir).api_url
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


def _is_wanted(one: Check, words: Sequence[str]) -> bool:
    return not words or any(word == one.document or word in one.name for word in words)


def _keys(arguments: SimpleNamespace) -> tuple[str, str | None, str | None]:
    """Of the caller with all scopes, of the one who may only read, of the one of another tenant."""
    given = arguments.api_key or os.environ.get("FERMATA_API_KEY")
    if given:
        return given, arguments.readonly_key, arguments.other_key
    main, readonly, other = (key for key, _, _ in SEEDS)
    return main, arguments.readonly_key or readonly, arguments.other_key or other


def _tokens(arguments: SimpleNamespace, url: str) -> Callable[[str, str], str] | None:
    """Makes tokens with the secret given, or with that of the local stack if it is the one that is checked."""
    secret = arguments.jwt_secret or os.environ.get("FERMATA_JWT_SECRET")
    if not secret:
        stack = running(arguments.state_dir)
        if stack is None or url.rstrip("/") != stack.api_url:
            return None
        secret = stack.jwt_secret
    signing = LocalStack(url, Path(), secret)
    return lambda user, scopes: signing.token(user, tenant=arguments.tenant, scopes=scopes.split())


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
