"""``fermata batch``: start, status, pause, resume, cancel, results."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from rich.console import Console

from fermata.cli import rows
from fermata.cli.client import Api
from fermata.cli.documents import documents_of
from fermata.cli.endpoints import add_server, api_of
from fermata.cli.errors import INTERRUPTED, Unsuccessful, WrongUse
from fermata.cli.progress import Bar, follow, place, state_of

MODEL_KEY = "FERMATA_MODEL_KEY"


def add(commands: Any) -> None:
    parser = commands.add_parser("batch", help="tag documents: start, watch, pause, resume, cancel, read the results")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_start(verbs)
    status = _verb(verbs, "status", "how a batch stands, or all of yours that are not over", _status, job="?")
    status.add_argument("--watch", action="store_true", help="until it is over")
    status.add_argument("--json", action="store_true", help="as the API says it")
    for name, help_ in (
        ("pause", "stop after the documents in hand"),
        ("resume", "go on where it stopped"),
        ("cancel", "stop for good; results are kept"),
    ):
        _verb(verbs, name, help_, _control).set_defaults(verb=name)
    results = _verb(verbs, "results", "the tags of each document, or what went wrong with it", _results)
    results.add_argument("--format", choices=("csv", "jsonl"), help="for programs (default: a table)")
    results.add_argument("--follow", action="store_true", help="go on until the batch is over")


def _verb(verbs: Any, name: str, help_: str, run: Any, job: str | None = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=help_)
    parser.add_argument("job", metavar="JOB", nargs=job, help="its id")
    add_server(parser)
    parser.set_defaults(run=run)
    return parser


def _add_start(verbs: Any) -> None:
    help_ = "start a batch, and print its id"
    parser = verbs.add_parser("start", help=help_, description=help_)
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a file, folder, pattern or URL; a .csv or .jsonl is a list of documents, its paths relative to itself",
    )
    parser.add_argument("--list-url", metavar="URL", help="of a list that the server reads; to a million documents")
    parser.add_argument("--watch", action="store_true", help="show its progress until it is over")
    parser.add_argument("--job-id", metavar="ID", help="an id of your own; the same request again starts nothing new")
    parser.add_argument("--num-pages", type=int, metavar="N", help="pages of each document to read (1-10, default 3)")
    parser.add_argument("--num-tags", type=int, metavar="N", help="tags for each document (1-15, default 8)")
    parser.add_argument("--exclude", action="append", metavar="WORD", help="that no tag may have; again for more")
    parser.add_argument("--model", metavar="NAME", help=f"model to ask; its key is read from {MODEL_KEY}")
    parser.add_argument("--base-url", metavar="URL", help="of the OpenAI-compatible API that has the model")
    parser.add_argument(
        "--map",
        action="append",
        metavar="COLUMN=FIELD",
        help="a column of the list onto title, file_path or file_source_type; again for more",
    )
    add_server(parser)
    parser.set_defaults(run=_start)


def _start(arguments: argparse.Namespace) -> int:
    body = request_of(arguments)
    with api_of(arguments) as api:
        job_id: str = api.post("/api/batch/start", body)["job_id"]
        print(job_id, flush=True)
        if arguments.watch:
            return watch(api, job_id)
    print(f"Watch it: fermata batch status {job_id} --watch", file=sys.stderr)
    return 0


def request_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The body of the request that starts a batch. Raises WrongUse."""
    mapping = _mapping(arguments.map or [])
    if bool(arguments.files) == bool(arguments.list_url):
        raise WrongUse("name the documents, or a list of them by --list-url (and not both)")
    config = {
        "num_pages": arguments.num_pages,
        "num_tags": arguments.num_tags,
        "exclusion_words": arguments.exclude,
        "model_name": arguments.model,
        "base_url": arguments.base_url,
        "api_key": os.environ.get(MODEL_KEY) if arguments.model else None,
    }
    body = {
        "documents": documents_of(arguments.files, mapping) or None,
        "documents_url": arguments.list_url,
        "column_mapping": mapping or None,
        "job_id": arguments.job_id,
    }
    return {"config": _given(config), **_given(body)}


def watch(api: Api, job_id: str) -> int:
    """Show a batch's progress until it is over. Ctrl-C ends the watching only. Raises Unsuccessful."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with Bar(console) as bar:
            state = follow(api, job_id, bar, lambda state: False)
    except KeyboardInterrupt:
        console.print(f"\nThe batch goes on. Watch it again: fermata batch status {job_id} --watch")
        console.print(f"Pause it: fermata batch pause {job_id}    Stop it for good: fermata batch cancel {job_id}")
        return INTERRUPTED
    console.print(f"{state}\nIts tags: fermata batch results {job_id}")
    if state.status != "completed":
        raise Unsuccessful(f"the batch is {state.status}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    if arguments.watch and arguments.job is None:
        raise WrongUse("--watch needs the id of a batch")
    with api_of(arguments) as api:
        if arguments.watch:
            return watch(api, arguments.job)
        if arguments.json:
            path = "/api/batch/active" if arguments.job is None else place(arguments.job, "status")
            print(json.dumps(api.get(path), indent=2))
        elif arguments.job is not None:
            print(state_of(api, arguments.job))
        else:
            _show_active(api)
    return 0


def _show_active(api: Api) -> None:
    jobs = api.get("/api/batch/active")["jobs"]
    for job in jobs:
        counts = f"{job['processed_count']} of {job['total_documents']} documents done"
        print(f"{job['job_id']}: {job['status']}, {counts}, since {job['started_at']}")
    if not jobs:
        print("No batch is under way.")


def _control(arguments: argparse.Namespace) -> None:
    with api_of(arguments) as api:
        print(api.post(place(arguments.job, arguments.verb))["message"])


def _results(arguments: argparse.Namespace) -> None:
    with api_of(arguments) as api:
        if arguments.follow:
            rows.stream(rows.settled(api, arguments.job, wait=True), arguments.format)
        elif arguments.format is None:
            Console(highlight=False).print(rows.table(rows.settled(api, arguments.job)))
        else:
            for part in api.download(place(arguments.job, "results"), format=arguments.format):
                sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()


def _mapping(given: list[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        column, mark, field = text.rpartition("=")
        if not mark or not column or not field:
            raise WrongUse(f"--map {text}: say COLUMN=FIELD")
        pairs[column] = field
    return pairs


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
