"""What the contract adds across the documents: one job, five dialects."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, is_equal, is_one_of, is_true
from fermata_conformance.client import DETAIL, ENVELOPE, ERROR, Client
from fermata_conformance.streams import window
from fermata_conformance.target import Target
from fermata_conformance.words import is_zulu_time
from fermata_conformance.work import AUDIT, BATCH, JOBS, PROCESSES, SOURCES, SYSTEM, TASKS

DOCUMENT = Document("contract", "What holds for all five")

LISTS = (f"{BATCH}/active", TASKS, PROCESSES, SOURCES, f"{SYSTEM}/status", JOBS)
"""A route of each family that anybody who may read can read."""


def ids(target: Target) -> dict[str, Any]:
    """A job, or source, of each family."""
    return {
        "batch": work.completed_batch(target),
        "task": work.completed_task(target),
        "process": work.completed_process(target),
        "source": work.new_source(target),
        "job": probe(target, units=1),
    }


def reads(known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every route that reads one thing, with the shape of its errors."""
    batch, task, process, job = (known[name] for name in ("batch", "task", "process", "job"))
    yield from ((f"{BATCH}/jobs/{batch}/{name}", DETAIL) for name in ("status", "results"))
    yield f"{TASKS}/{task}", ENVELOPE
    yield from ((f"{TASKS}/{task}/{name}", ERROR) for name in ("control-state", "stream"))
    yield from ((f"{PROCESSES}/{process}{name}", DETAIL) for name in ("", "/events", "/stream"))
    yield f"{SOURCES}/{known['source']}", DETAIL
    yield from ((f"{JOBS}/{job}{name}", DETAIL) for name in ("", "/events", "/stream", "/results", "/why"))


def changes(known: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every route that changes one thing, with a good body and the shape of its errors."""
    review = {"body": {"decision": "approve"}}
    yield from ((f"{BATCH}/jobs/{known['batch']}/{name}", {}, DETAIL) for name in ("pause", "resume", "cancel"))
    yield f"{TASKS}/{known['task']}/cancel", {}, ENVELOPE
    yield from ((f"{TASKS}/{known['task']}/{name}", {}, ERROR) for name in ("pause", "resume"))
    yield from ((f"{PROCESSES}/{known['process']}/{name}", {}, DETAIL) for name in ("retry", "cancel"))
    yield f"{PROCESSES}/{known['process']}/review", review, DETAIL
    yield from ((f"{SOURCES}/{known['source']}/{name}", {}, DETAIL) for name in ("pause", "resume"))
    yield from ((f"{JOBS}/{known['job']}/{name}", {}, DETAIL) for name in ("pause", "resume", "cancel", "retry"))
    yield f"{JOBS}/{known['job']}/review", review, DETAIL


def probe(target: Target, **params: Any) -> str:
    """A job of the kind that only waits."""
    job_id: str = target.callers.main.post(JOBS, {"kind": "probe", "params": params}).body(201)["id"]
    return job_id


def job(client: Client, job_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = client.get(f"{JOBS}/{job_id}").body()
    return seen


def held(target: Target, job_id: str) -> None:
    target.callers.main.post(f"{JOBS}/{job_id}/pause", {"reason": "a look"}).body()


def paused(target: Target, job_id: str) -> dict[str, Any]:
    """Wait until a job, which was asked to, is paused."""
    client = target.callers.main
    return target.until(lambda: job(client, job_id), lambda seen: seen["status"] == "paused", f"a pause of {job_id}")


def records(target: Target, action: str, about: str) -> list[str]:
    """Outcomes of what the audit log has on something."""
    found = work.audit(target, action=action, about=about)
    return [record["outcome"].partition(":")[0] for record in found]


@DOCUMENT.check
def errors_have_the_shape_of_their_route(target: Target) -> None:
    """{"error"} in 002, {"code","message","data"} with HTTP status = code in 003, {"detail"} elsewhere."""
    absent = {"batch": "none", "task": work.UNKNOWN, "process": work.UNKNOWN, "source": "src_none", "job": "jobs:none"}
    for path, shape in reads(absent):
        target.callers.main.get(path).refuses(404, shape=shape)
    for path, body, shape in changes(absent):
        target.callers.main.post(path, **body).refuses(404, shape=shape)


@DOCUMENT.check
def a_key_and_a_token_open_every_family(target: Target) -> None:
    """Every route accepts Authorization: Bearer <JWT> and X-API-Key."""
    ann = target.callers.user("ann")
    for path in LISTS:
        target.callers.reader.get(path).body()
        ann.get(path).body()


@DOCUMENT.check
def bad_credentials_are_401(target: Target) -> None:
    """401 without or with a bad credential, in the shape of the route: expired, tampered, unsigned, or no token at all."""
    good = target.callers.token("ann")
    head, claims, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    tampered = f"{head}.{claims}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}"
    for token in (tampered, f"{unsigned}.{claims}.", f"{unsigned}.{claims}.{signature}", "none"):
        client = target.callers.client(Authorization=f"Bearer {token}")
        for path in LISTS:
            client.get(path).refuses(401, shape=ENVELOPE if path == TASKS else DETAIL)
        client.post(f"{TASKS}/1/pause").refuses(401, shape=ERROR, text="Unauthorized")


@DOCUMENT.check
def another_tenants_id_is_404(target: Target) -> None:
    """Another tenant's id is always 404, never 403."""
    known, other = ids(target), target.callers.other
    for path, shape in reads(known):
        other.get(path).refuses(404, shape=shape)
    for path, body, shape in changes(known):
        other.post(path, **body).refuses(404, shape=shape)
    other.delete(f"{SOURCES}/{known['source']}").refuses(404)
    for name in ("pause", "resume"):
        other.post(f"{SOURCES}/{name}", {"source_ids": [known["source"]]}).says(200, {"count": 0})


@DOCUMENT.check
def lists_show_ones_own_tenant(target: Target) -> None:
    """Tenants are sealed from one another on every list."""
    known, other = ids(target), target.callers.other
    tasks = [item["id"] for item in other.get(TASKS, project_id=work.project_of(target)).body()["data"]]
    is_equal("tasks of another tenant's project", tasks, [])
    space = target.name("space")
    number, source_id = work.draft(target, space), work.new_source(target, workspace_id=space)
    is_equal("processes of another tenant's workspace", other.get(PROCESSES, workspace_id=space).body(), [])
    is_equal("sources of another tenant's workspace", other.get(SOURCES, workspace_id=space).body()["sources"], [])
    seen = {item["id"] for item in other.get(JOBS, limit=500).body()["jobs"]}
    is_true(not seen & {known["job"], f"processes:{number}", f"sources:{source_id}"}, "jobs shows another tenant's")


@DOCUMENT.check
def a_key_that_may_only_read_changes_nothing(target: Target) -> None:
    """403 means: known caller, not allowed, such as a read-only key that tries to pause."""
    known, reader = ids(target), target.callers.reader
    for path, _ in reads(known):
        if not path.endswith("/stream"):
            reader.get(path).body()
    for path, body, shape in changes(known):
        reader.post(path, **body).refuses(403, shape=shape)
    for path in (f"{BATCH}/start", PROCESSES, SOURCES, JOBS):
        reader.post(path, {}).refuses(403, 400, 422)
    reader.post(TASKS, {}).refuses(403, 400, 422, shape=ENVELOPE)


@DOCUMENT.check
def a_paused_job_in_every_dialect(target: Target) -> None:
    """A paused job is paused in 001, running in 003 and 004, and paused under /api/v1/jobs, which has the engine's id."""
    client = target.callers.main
    batch = work.slow_batch(target)
    held(target, f"batch:{batch}")
    work.batch_at_rest(target, batch)
    task = work.slow_task(target)
    held(target, f"tasks:{task}")
    work.task_at_rest(target, task)
    path = target.pages.put(f"/{target.name()}.csv", work.CSV)
    slow = work.new_import(target, url=path.replace(target.pages.url, f"{target.pages.url}/slow/3"))
    held(target, f"processes:{slow}")
    jobs = (f"batch:{batch}", f"tasks:{task}", f"processes:{slow}")
    for job_id in jobs:
        is_equal("id", paused(target, job_id)["id"], job_id)
    is_equal("the status of the batch", work.batch(client, batch)["status"], "paused")
    is_equal("the status of the task", work.task(client, task)["status"], "running")
    is_equal("the status of the process", work.process(client, slow)["status"], "running")
    for job_id in jobs:
        client.post(f"{JOBS}/{job_id}/cancel").body()
    ends = [work.batch(client, batch), work.task(client, task), work.process(client, slow)]
    is_equal("the statuses when cancelled", [end["status"] for end in ends], ["cancelled"] * 3)


@DOCUMENT.check
def a_reviewed_job_in_every_dialect(target: Target) -> None:
    """waiting_review shows as such in 004 and under /api/v1/jobs."""
    number, client = work.draft(target), target.callers.main
    is_equal("status of the job", job(client, f"processes:{number}")["status"], "waiting_review")
    client.post(f"{PROCESSES}/{number}/cancel").body()


@DOCUMENT.check
def each_change_leaves_one_audit_record(target: Target) -> None:
    """Every mutation, and every refused one, leaves exactly one audit record: who, what, on what, when, outcome."""
    client, batch = target.callers.main, work.slow_batch(target)
    for name, status in (("cancel", 200), ("cancel", 409), ("pause", 409), ("resume", 409)):
        is_equal(f"the status of {name}", client.post(f"{BATCH}/jobs/{batch}/{name}").status, status)
    target.callers.reader.post(f"{BATCH}/jobs/{batch}/cancel").refuses(403)
    work.let_go(target, batch)
    is_equal("of start", records(target, "batch.start", batch), ["done"])
    is_equal("of cancel", records(target, "batch.cancel", batch), ["done", "refused", "refused"])
    for verb in ("pause", "resume"):
        is_equal(f"of {verb}", records(target, f"batch.{verb}", batch), ["refused"])


@DOCUMENT.check
def audit_says_who_what_and_when(target: Target) -> None:
    """An audit record says who, what, on what, when, outcome; it takes the admin scope to read."""
    name = target.name("ann")
    ann, source_id = target.callers.user(name), work.new_source(target)
    ann.post(f"{SOURCES}/{source_id}/pause").body()
    (record,) = work.audit(target, about=source_id, user=name)
    seen = tuple(record[key] for key in ("user", "action", "target", "outcome"))
    is_equal("who, what, on what, outcome", seen, (name, "sources.pause", source_id, "done"))
    is_zulu_time("at", record["at"])
    ann.get(AUDIT).refuses(403)
    ann.post(f"{SOURCES}/{source_id}/resume").body()


@DOCUMENT.check
def jobs_tell_the_whole_truth(target: Target) -> None:
    """/api/v1/jobs: the whole truth about any job; the other families are projections of it."""
    client, batch = target.callers.main, work.completed_batch(target)
    seen, status = job(client, f"batch:{batch}"), work.batch(client, batch)
    is_equal("status", seen["status"], status["status"])
    counts = (
        seen["counts"]["succeeded"],
        seen["counts"]["failed"],
        seen["counts"]["total"],
        seen["counts"]["remaining"],
    )
    is_equal("counts", counts, (status["processed_count"], status["failed_count"], status["total_documents"], 0))
    for name in ("created_at", "started_at", "finished_at"):
        is_zulu_time(name, seen[name])


@DOCUMENT.check
def a_job_is_paused_and_resumed(target: Target) -> None:
    """A job that is paused shows when it was asked for, what was in flight, and when it came to rest; why says so."""
    client = target.callers.main
    job_id = probe(target, units=1000, seconds=0.3)
    target.until(lambda: job(client, job_id), lambda seen: seen["counts"]["succeeded"] > 0, "a first unit")
    held(target, job_id)
    rests = paused(target, job_id)
    is_equal("the reason of its hold", [hold["reason"] for hold in rests["holds"]], ["a look"])
    is_zulu_time("quiesced_at", rests["pause"]["quiesced_at"])
    why = client.get(f"{JOBS}/{job_id}/why").body()
    is_equal("what it waits for", why["waits_for"], "hold")
    work.rests()
    is_equal("counts of a paused job", job(client, job_id)["counts"], rests["counts"])
    client.post(f"{JOBS}/{job_id}/resume").body()
    more = rests["counts"]["succeeded"]
    target.until(lambda: job(client, job_id), lambda seen: seen["counts"]["succeeded"] > more, "more units")
    client.post(f"{JOBS}/{job_id}/cancel").body()


@DOCUMENT.check
def counts_add_up_in_every_read(target: Target) -> None:
    """Progress comes from the same unit counts everywhere: succeeded + failed + remaining = total in every read."""
    client, number = target.callers.main, work.crawl(target, target.pages.pages(target.name(), 12, "/slow/0.1"))
    seen: list[dict[str, Any]] = []

    def look() -> str:
        seen.append(job(client, f"tasks:{number}"))
        return str(seen[-1]["status"])

    target.until(look, lambda status: status in work.OVER, "the end of a task")
    for one in seen:
        counts = one["counts"]
        is_equal("the sum", counts["succeeded"] + counts["failed"] + counts["remaining"], counts["total"])
    progress = [one["counts"]["succeeded"] + one["counts"]["failed"] for one in seen]
    is_equal("settled units, read after read", progress, sorted(progress))
    is_equal("progress and total in 003", work.task(client, number)["progress"], 12)


@DOCUMENT.check
def an_idempotency_key_starts_one_job(target: Target) -> None:
    """The same Idempotency-Key with the same body starts nothing new; with another body it is a 409."""
    client, headers = target.callers.main, {"Idempotency-Key": target.name("key")}
    body = {"kind": "probe", "params": {"units": 1}}
    first = client.post(JOBS, body, headers=headers).body(201)["id"]
    is_equal("the second id", client.post(JOBS, body, headers=headers).body(201)["id"], first)
    client.post(JOBS, body | {"params": {"units": 2}}, headers=headers).refuses(409)


@DOCUMENT.check
def kinds_describe_their_parameters(target: Target) -> None:
    """/api/v1/kinds: each with the JSON Schema of its parameters; an unknown kind is refused with a list of those there are."""
    body = target.callers.main.get("/api/v1/kinds").body()
    kinds = body["kinds"] if isinstance(body, dict) else body
    is_true(
        {"tag_documents", "crawl", "csv_import", "source.process"} <= {kind["name"] for kind in kinds},
        "a kind is missing",
    )
    said = target.callers.main.post(JOBS, {"kind": "bake", "params": {}}).refuses(400, 422)
    is_true("crawl" in said, f"the message does not list what there is: {said}")


@DOCUMENT.check
def a_hold_may_have_an_end(target: Target) -> None:
    """A hold has owner, reason, since and until; one that would be over already is refused."""
    client, source_id = target.callers.main, work.new_source(target)
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    wanted = {"source_id": source_id, "paused": True}
    client.post(f"{SOURCES}/{source_id}/pause", {"until": later}).says(200, wanted)
    client.post(f"{SOURCES}/{source_id}/pause", {"until": "2020-01-01T00:00:00Z"}).refuses(422)
    client.post(f"{SOURCES}/{source_id}/resume").body()


@DOCUMENT.check
def streams_are_alike(target: Target) -> None:
    """A stream on a finished job tells of it, says done and closes, in every family that has one."""
    known = {"processes": work.completed_process(target), "tasks": work.completed_task(target)}
    for path in (
        f"{PROCESSES}/{known['processes']}/stream",
        f"{TASKS}/{known['tasks']}/stream",
        f"{JOBS}/tasks:{known['tasks']}/stream",
    ):
        seen = window(target.callers.main, path)
        is_true(seen.closed, f"{path} stays open")
        is_equal(f"the last event of {path}", [frame.event for frame in seen.frames][-1:], ["done"])


@DOCUMENT.check
def health_needs_no_credentials(target: Target) -> None:
    """/health is for load balancers: 200 without credentials."""
    target.callers.nobody.get("/health").body()


@DOCUMENT.check
def routes_are_described(target: Target) -> None:
    """Choices where the documents are silent stand in the OpenAPI description of the route: all documented routes are there."""
    paths = target.callers.nobody.get("/openapi.json").body()["paths"]
    routes = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    for method, path in DOCUMENTED:
        same = [route for route in routes if route[0] == method and _pattern(route[1]) == _pattern(path)]
        is_true(same, f"{method} {path} is not described")


@DOCUMENT.check
def unknown_paths_are_404(target: Target) -> None:
    """What is not there is a JSON error in the shape of its family, and no server error."""
    client = target.callers.main
    for path, shape in ((f"{BATCH}/none", DETAIL), (f"{PROCESSES}/1/none", DETAIL), ("/none", DETAIL)):
        client.get(path).refuses(404, shape=shape)
    is_one_of("the status of DELETE", client.delete(f"{BATCH}/active").status, (404, 405))


def _pattern(path: str) -> list[str]:
    return ["{}" if part.startswith("{") else part for part in path.split("/")]


DOCUMENTED = (
    ("POST", "/api/v1/sources/{source_id}/pause"),
    ("POST", "/api/v1/sources/{source_id}/resume"),
    ("POST", "/api/v1/sources/pause"),
    ("POST", "/api/v1/sources/resume"),
    ("POST", "/api/v1/system/processing/pause"),
    ("POST", "/api/v1/system/processing/resume"),
    ("GET", "/api/v1/system/processing/status"),
    ("GET", "/api/v1/system/processing/events"),
    ("DELETE", "/api/v1/system/processing/events"),
    ("POST", "/api/batch/start"),
    ("GET", "/api/batch/jobs/{job_id}/status"),
    ("POST", "/api/batch/jobs/{job_id}/cancel"),
    ("POST", "/api/batch/jobs/{job_id}/pause"),
    ("POST", "/api/batch/jobs/{job_id}/resume"),
    ("GET", "/api/batch/active"),
    ("POST", "/api/v1/tasks/{id}/pause"),
    ("GET", "/api/v1/tasks"),
    ("GET", "/api/v1/tasks/{id}"),
    ("POST", "/api/v1/tasks/{id}/cancel"),
    ("GET", "/processes"),
    ("GET", "/processes/{id}"),
    ("GET", "/processes/{id}/events"),
    ("GET", "/processes/{id}/stream"),
    ("POST", "/processes/{id}/retry"),
    ("POST", "/processes/{id}/cancel"),
)
"""Every route of the five documents."""
