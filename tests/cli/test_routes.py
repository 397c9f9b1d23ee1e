"""Every route of the API has a command that calls it, or a reason why none does: the line is run, and the request is seen."""

import re

import click
import pytest
from fermata.cli.app import app
from fermata.cli.pages import description
from fermata.domain.errors import Stale
from fermata.domain.webhooks import buried
from fermata.ports import SaveDelivery
from fermata_client import Client
from fermata_client.routes import ROUTES

IMPORT = {"text": "ticket,name\nA,Ann\n", "unique": "ticket"}

LINES = {
    "GET /health": "system health",
    "GET /api/batch/active": "batch list",
    "GET /api/batch/jobs/{job_id}/results": "batch results {batch} -o json",
    "GET /api/batch/jobs/{job_id}/status": "batch status {batch}",
    "POST /api/batch/jobs/{job_id}/cancel": "batch cancel {batch}",
    "POST /api/batch/jobs/{job_id}/pause": "batch pause {batch}",
    "POST /api/batch/jobs/{job_id}/resume": "batch resume {paused_batch}",
    "POST /api/batch/validate-paths": "batch check /etc/hostname",
    "POST /api/batch/start": "batch start https://example.com/a.html",
    "GET /api/v1/audit": "audit list",
    "GET /api/v1/audit/verification": "audit verify",
    "GET /api/v1/jobs": "jobs list",
    "POST /api/v1/jobs": "jobs create probe",
    "POST /api/v1/jobs/cancel": "jobs cancel --all --yes",
    "POST /api/v1/jobs/pause": "jobs pause --all --yes",
    "POST /api/v1/jobs/resume": "jobs resume --all --yes",
    "POST /api/v1/jobs/retry": "jobs retry --all --yes",
    "GET /api/v1/jobs/counts": "jobs counts",
    "GET /api/v1/jobs/{job_id}": "jobs show {job}",
    "POST /api/v1/jobs/{job_id}/cancel": "jobs cancel {job}",
    "GET /api/v1/jobs/{job_id}/chunks": "jobs chunks {done}",
    "GET /api/v1/jobs/{job_id}/cost": "jobs cost {job}",
    "GET /api/v1/jobs/{job_id}/errors": "jobs errors {failed}",
    "GET /api/v1/jobs/{job_id}/events": "jobs events {job}",
    "POST /api/v1/jobs/{job_id}/pause": "jobs pause {job}",
    "GET /api/v1/jobs/{job_id}/results": "jobs results {done}",
    "POST /api/v1/jobs/{job_id}/resume": "jobs resume {paused}",
    "POST /api/v1/jobs/{job_id}/retry": "jobs retry {failed}",
    "POST /api/v1/jobs/{job_id}/review": "jobs review {draft} approve",
    "GET /api/v1/jobs/{job_id}/stream": "jobs events {done} --follow",
    "GET /api/v1/jobs/{job_id}/units": "jobs units {done}",
    "GET /api/v1/jobs/{job_id}/units/{number}": "jobs unit {done} 0",
    "GET /api/v1/jobs/{job_id}/why": "jobs why {job}",
    "GET /api/v1/keys": "keys list",
    "POST /api/v1/keys": "keys create --label nightly",
    "DELETE /api/v1/keys/{key_id}": "keys revoke {key}",
    "GET /api/v1/kinds": "kinds list",
    "GET /api/v1/kinds/{name}": "kinds show probe",
    "GET /api/v1/records/{table}": "records show records",
    "GET /api/v1/schedules": "schedules list",
    "POST /api/v1/schedules": "schedules create nightly rate(1~day) probe",
    "GET /api/v1/schedules/{schedule_id}": "schedules show {schedule}",
    "PATCH /api/v1/schedules/{schedule_id}": "schedules change {schedule} -p units=2",
    "DELETE /api/v1/schedules/{schedule_id}": "schedules delete {schedule}",
    "POST /api/v1/schedules/{schedule_id}/backfill": "schedules backfill {schedule} --from 1h --to 1m --dry-run",
    "GET /api/v1/schedules/{schedule_id}/history": "schedules history {schedule}",
    "POST /api/v1/schedules/{schedule_id}/pause": "schedules pause {schedule}",
    "POST /api/v1/schedules/{schedule_id}/resume": "schedules resume {paused_schedule}",
    "POST /api/v1/schedules/{schedule_id}/run": "schedules run {schedule}",
    "GET /api/v1/search": "search swifts",
    "GET /api/v1/session": "whoami",
    "GET /api/v1/sources": "sources list",
    "POST /api/v1/sources": "sources create https://example.com/",
    "POST /api/v1/sources/pause": "sources pause {source} {other_source}",
    "POST /api/v1/sources/resume": "sources resume {source} {other_source}",
    "GET /api/v1/sources/{source_id}": "sources show {source}",
    "DELETE /api/v1/sources/{source_id}": "sources delete {source}",
    "POST /api/v1/sources/{source_id}/pause": "sources pause {source}",
    "POST /api/v1/sources/{source_id}/resume": "sources resume {source}",
    "GET /api/v1/stream": "follow",
    "GET /api/v1/system": "system show",
    "POST /api/v1/system/processing/pause": "system pause",
    "POST /api/v1/system/processing/resume": "system resume",
    "GET /api/v1/system/processing/status": "system status",
    "GET /api/v1/system/processing/events": "system events",
    "DELETE /api/v1/system/processing/events": "system clear-events",
    "GET /api/v1/tasks": "tasks list",
    "POST /api/v1/tasks": "tasks create crawl -p url=http://127.0.0.1:9/ -p delay=0",
    "GET /api/v1/tasks/{id}": "tasks show {task}",
    "POST /api/v1/tasks/{id}/cancel": "tasks cancel {task}",
    "GET /api/v1/tasks/{id}/control-state": "tasks control-state {task}",
    "POST /api/v1/tasks/{id}/pause": "tasks pause {task}",
    "POST /api/v1/tasks/{id}/resume": "tasks resume {paused_task}",
    "GET /api/v1/tasks/{id}/stream": "tasks follow {cancelled_task}",
    "GET /api/v1/webhooks": "webhooks list",
    "POST /api/v1/webhooks": "webhooks create failures http://127.0.0.1:9/ --event job.failed",
    "GET /api/v1/webhooks/{webhook_id}": "webhooks show {webhook}",
    "PATCH /api/v1/webhooks/{webhook_id}": "webhooks change {webhook} --name other --kind probe",
    "DELETE /api/v1/webhooks/{webhook_id}": "webhooks delete {webhook}",
    "POST /api/v1/webhooks/{webhook_id}/enable": "webhooks enable {webhook}",
    "POST /api/v1/webhooks/{webhook_id}/disable": "webhooks disable {webhook} --reason moving",
    "POST /api/v1/webhooks/{webhook_id}/test": "webhooks test {webhook}",
    "POST /api/v1/webhooks/{webhook_id}/secret": "webhooks secret {webhook} --overlap-hours 1",
    "GET /api/v1/webhooks/{webhook_id}/deliveries": "webhooks deliveries {webhook} --state dead",
    "POST /api/v1/webhooks/{webhook_id}/deliveries/resend": "webhooks resend {webhook} --all",
    "GET /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}": "webhooks delivery {webhook} {dead}",
    "POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend": "webhooks resend {webhook} {dead}",
    "GET /processes": "processes list",
    "POST /processes": "processes create csv_import -p text=a",
    "GET /processes/{id}": "processes show {process}",
    "POST /processes/{id}/cancel": "processes cancel {process}",
    "GET /processes/{id}/events": "processes events {process}",
    "POST /processes/{id}/retry": "processes retry {failed_process}",
    "POST /processes/{id}/review": "processes review {draft_process} approve",
    "GET /processes/{id}/stream": "processes follow {cancelled_process}",
}

WITHOUT = {
    "POST /api/v1/session": "signs a browser in; the command sends its key or token with each request",
    "DELETE /api/v1/session": "signs a browser out",
    "GET /api/v1/session/methods": "tells a browser's page how one may sign in",
    "POST /api/v1/session/stream-ticket": "for a browser's EventSource, which can send no headers",
    "GET /api/v1/stream/sse": "the tenant's stream in another dialect; `follow` and `tasks follow` tell the same",
}


def every_route():
    return [f"{method.upper()} {path}" for path, methods in description()["paths"].items() for method in methods]


def test_every_route_has_a_command_or_a_reason():
    assert set(every_route()) == {*LINES, *WITHOUT}, "add the route's command to LINES, or to WITHOUT why it has none"


class Things:
    """Makes what a line names."""

    def __init__(self, client, server):
        self.client, self.server = client, server

    def __getitem__(self, name):
        return getattr(self, name)()

    def job(self):
        self.server.works.clear()
        return self.client.jobs.create("probe", {"units": 1}).id

    def paused(self):
        self.server.works.clear()
        return self.client.jobs.create("probe", {"units": 1}).pause().id

    def done(self):
        return self.client.jobs.create("probe", {"units": 1}).wait(20).id

    def failed(self):
        return self.client.jobs.create("probe", {"units": 1, "fail_every": 1}).wait(20, check=False).id

    def draft(self):
        job = self.client.jobs.create("csv_import", IMPORT)
        return job.wait(20, until=lambda job: job.status == "waiting_review").id

    def batch(self):
        self.server.works.clear()
        return self.client.batches.start([{"file_path": "https://example.com/a", "file_source_type": "url"}]).id

    def paused_batch(self):
        return self.client.batches.get(self.batch()).pause().id

    def key(self):
        return self.client.keys.create("ann").id

    def schedule(self):
        return self.client.schedules.create("hourly", "rate(1 hour)", "probe", {"units": 1}).id

    def paused_schedule(self):
        return self.client.schedules.pause(self.schedule()).id

    def webhook(self):
        self.hook = self.client.webhooks.create("nowhere", "http://127.0.0.1:9/", events=[]).id
        return self.hook

    def dead(self):
        """A delivery of that webhook which was given up."""
        made = self.client.webhooks.test(self.hook)
        engine = self.server.engine
        while True:
            one = engine.webhooks.delivery("default", self.hook, made.id)
            try:
                engine.store.write(SaveDelivery(buried(one, "nobody is there")))
            except Stale:  # it was just tried
                continue
            return made.id

    def source(self):
        return self.client.sources.create("Swifts", text="Swifts sleep in the air.").id

    other_source = source

    def task(self):
        self.server.works.clear()
        return self.client.tasks.create("crawl", {"url": "http://127.0.0.1:9/", "delay": 0}).id

    def paused_task(self):
        return self.client.tasks.get(self.task()).pause().id

    def cancelled_task(self):
        return self.client.tasks.get(self.task()).cancel().id

    def process(self):
        self.server.works.clear()
        return self.client.processes.create("csv_import", IMPORT).id

    def cancelled_process(self):
        return self.client.processes.get(self.process()).cancel().id

    def draft_process(self):
        process = self.client.processes.create("csv_import", IMPORT)
        return process.wait(20, until=lambda process: process.status == "waiting_review").id

    def failed_process(self):
        process = self.client.processes.create("csv_import", {"text": "a\n"})
        return process.wait(20, check=False).id


@pytest.fixture
def things(server):
    with Client(server.url, api_key=server.api_key) as client:
        yield Things(client, server)


@pytest.mark.parametrize("route", LINES)
def test_the_command_of_a_route_calls_it(route, run, server, things, monkeypatch):
    words = LINES[route].split()
    words = [word.replace("~", " ").format_map(things) for word in words]
    if words == ["follow"]:
        monkeypatch.setattr("fermata.cli.follow._row", interrupted)
    server.asked.clear()
    said = run(*words)
    assert said.code in ((130,) if words == ["follow"] else (0,)), said.err
    method, path = route.split()
    pattern = re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(path)))
    assert any(asked == method and pattern.fullmatch(place) for asked, place in server.asked), server.asked


def interrupted(change):
    raise KeyboardInterrupt


TAKEN = {f"{route.method} {route.path}": route.body for route in ROUTES.values()}


@pytest.mark.parametrize("route", [route for route in LINES if {"reason", "until"} & set(TAKEN[route])])
def test_a_reason_and_an_end_are_taken_wherever_the_api_takes_them(route):
    command = app
    for word in LINES[route].split():
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    assert {"reason", "until"} & set(TAKEN[route]) <= {option.name for option in command.params}
