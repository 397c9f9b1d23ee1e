"""Pictures of each view, light, dark and as on a phone, for the documentation: ``make screenshots``.

They are taken of a whole Fermata in memory with real jobs in it: documents that were tagged, imports, one of which waits for its
review, a crawl of the sample site, a pause. Work of an archive is played by kinds whose units take their time, and may fail.
"""

from __future__ import annotations

import argparse
import io
import sys
import threading
import time
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chromium
from fermata.cli.documents import documents_of
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.embedded import Embedded
from fermata.kinds.registry import Registry
from fermata.toolkit.parameters import Parameters, parser, schema
from fermata_client import Client, FermataError
from PIL import Image
from playwright.sync_api import Browser, Page
from pydantic import Field

PROJECT = Path(__file__).parents[2]
SHOWN = (("", ""), ("-dark", ", dark"), ("-phone", ", on a phone"))
COLOURS = 128
DESK, PHONE = {"width": 1320, "height": 860}, {"width": 390, "height": 844}

PEOPLE = """id,name,email,joined,visits
1,Ann Keller,ann@example.com,2024-03-01,12
2,Bo Lindqvist,bo@example,2024-03-04,7
3,Chidi Obi,chidi@example.com,2024-02-30,3
4,Dana Whitfield,dana@example.com,2024-04-11,21
5,Emil Novak,emil@example.com,2024-04-12,many
2,Bo Lindqvist,bo@example.com,2024-03-04,7
6,Farida Aziz,farida@example.com,2024-05-02,9
7,Goro Tanaka,goro@example.com,2024-05-03,4
"""
LABELS = ("Laptop", "Nightly import", "Reading room")
TEAM = {"team": "archive"}
NIGHTLY = {"title": "What came in on {{due:%Y-%m-%d}}", "units": 20}
COLUMNS = [
    {"name": "id", "type": "integer", "required": True},
    {"name": "name"},
    {"name": "email", "type": "email"},
    {"name": "joined", "type": "date"},
    {"name": "visits", "type": "integer"},
]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:  # a receiver of webhooks
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()


@contextmanager
def site() -> Iterator[str]:
    """The samples behind a port, the site among them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(PROJECT / "samples")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Recordings(Parameters):
    """What a kind of the archive asks for."""

    title: str
    units: int = Field(ge=0)
    seconds: float = 0.0
    fail_every: int = 0


def archive(name: str, title: str, does: str, error: str) -> Kind:
    """A kind whose units take their time; each of its errors names its unit."""

    def plan(planning: Planning) -> Iterator[Planned]:
        for number in range(planning.cursor or 0, planning.params["units"]):
            yield Planned({"item": f"{does}-{number:04}.wav"}, number + 1)

    def run(unit: Unit) -> Any:
        unit.wait(unit.params["seconds"])
        number = int(unit.value["item"].rpartition("-")[2].split(".")[0])
        if unit.params["fail_every"] and number % unit.params["fail_every"] == 7:
            raise UnitError(error.format(number=number))
        return {"item": unit.value["item"], "minutes": 3 + number % 17}

    stage = Stage(name, plan, run, Policy(concurrency=4, chunk_size=20, attempts=1))
    return Kind(name, title, (stage,), parse=parser(Recordings), schema=schema(Recordings))


PLAYED = {
    kind.name: kind
    for kind in (
        archive("transcribe", "Transcribe recordings", "tape", "tape {number} has no sound after 00:41"),
        archive("translate", "Translate captions", "captions", "captions {number} are in no known language"),
        archive("geocode", "Geocode addresses", "address", "address {number} lies in two towns"),
    )
}


KINDS: Mapping[str, Kind] = ChainMap(PLAYED, Registry())  # type: ignore[arg-type]


class World:
    """A server with something to see in it.

    Attributes:
        people: a client of each.
    """

    def __init__(self, server: Embedded, client: Client, address: str) -> None:
        self.client = client
        names = ("ann", "ben", "nina")
        keys = {name: client.keys.create(name, label=label) for name, label in zip(names, LABELS, strict=True)}
        client.keys.create(
            "ann", label="Wall display", scopes=["read"], expires_at=datetime.now(UTC) + timedelta(days=90)
        )
        self.people = {name: Client(server.url, api_key=key.key) for name, key in keys.items()}
        ann, ben, nina = (self.people[name] for name in names)
        listed = documents_of([str(PROJECT / "samples" / "documents.csv")])
        documents = [
            {"title": row["title"], "file_path": address + Path(row["file_path"]).name, "file_source_type": "url"}
            for row in listed
        ]
        gone = {"title": "Minutes of 1987", "file_path": f"{address}gone.pdf", "file_source_type": "url"}
        self.batch = ann.batches.start([*documents[:3], gone, *documents[3:]], config={"num_tags": 5})
        for name in ("swifts.md", "observability.md", "sourdough.txt"):
            text = (PROJECT / "samples" / name).read_text()
            ben.sources.create(name.split(".")[0].capitalize(), text=text)
        self.crawl = nina.jobs.create("crawl", {"url": f"{address}site/", "delay": 0.0, "max_depth": 2})
        self.over(self.batch.id, "batch:")
        self.over(self.crawl.id)
        clean = self.imported_by(ben, "\n".join(line for line in PEOPLE.splitlines() if "Bo" not in line))
        clean.review("approve")
        self.over(clean.id)
        self.imported = self.imported_by(ann, PEOPLE)
        self.webhook = client.webhooks.create(
            "Failures to the archive's channel", f"{address}hook", events=["job.failed"]
        )
        client.webhooks.test(self.webhook.id)
        client.webhooks.create("Reviews", f"{address}reviews", events=["job.waiting_review", "job.completed"])
        self.failed = ben.jobs.create(
            "geocode", {"title": "Parish registers", "units": 240, "fail_every": 60}, labels=TEAM
        )
        self.over(self.failed.id)
        cancelled = nina.jobs.create(
            "translate", {"title": "Newsreels of 1962", "units": 900, "seconds": 0.05}, labels=TEAM
        )
        self.until(cancelled.id, lambda job: job.counts.settled > 40)
        cancelled.cancel(reason="The wrong reel")
        self.held = nina.jobs.create(
            "translate", {"title": "Newsreels of 1963", "units": 1200, "seconds": 0.02}, labels=TEAM
        )
        self.until(self.held.id, lambda job: job.counts.settled > 300)
        self.held.pause(
            reason="Waiting for the new glossary",
            until=f"{datetime.now(UTC) + timedelta(days=2, hours=3):%Y-%m-%dT%H:00:00Z}",
        )
        self.until(self.held.id, lambda job: job.status == "paused")
        self.schedule = self.scheduled(ann)
        tapes = {"title": "Oral history, box 14", "units": 30_000, "seconds": 0.2, "fail_every": 400}
        self.running = ann.jobs.create(
            "transcribe", tapes, labels={**TEAM, "box": "14"}, notify=[{"webhook": self.webhook.id}]
        )
        captions = {"title": "Oral history, box 14", "units": 50}
        self.following = ben.jobs.create("translate", captions, after=[self.running.id])
        client.system.pause(reason="Moving the archive's server")
        client.system.resume()
        self.until(self.running.id, lambda job: job.counts.failed > 0)

    def imported_by(self, client: Client, text: str) -> Any:
        job = client.jobs.create("csv_import", {"text": text, "columns": COLUMNS, "unique": "id", "table": "members"})
        self.until(job.id, lambda job: job.status == "waiting_review")
        return job

    def scheduled(self, client: Client) -> str:
        """Schedules, one of which has a history; its id."""
        schedules, zone = client.schedules, "Europe/Warsaw"
        weekly = schedules.create("Monday's captions", "cron(15 7 ? * MON *)", "translate", NIGHTLY, timezone=zone)
        schedules.pause(weekly.id, reason="Nobody reads them in summer")
        nightly = schedules.create("New recordings", "cron(30 2 * * ? *)", "transcribe", NIGHTLY, timezone=zone)
        now = datetime.now(UTC)
        schedules.backfill(nightly.id, now - timedelta(days=3), now)
        schedules.run(nightly.id)
        return nightly.id

    def over(self, id_: str, prefix: str = "") -> None:
        self.until(id_ if ":" in id_ else prefix + id_, lambda job: job.over)

    def until(self, id_: str, reached: Any) -> None:
        for _ in range(3000):
            with suppress(FermataError):
                if reached(self.client.jobs.get(id_)):
                    return
            time.sleep(0.02)
        raise TimeoutError(id_)

    def views(self) -> dict[str, str]:
        """Each view's name and address."""
        job = "/dashboard/jobs/"
        return {
            "jobs": "/dashboard/jobs",
            "job": job + self.running.id,
            "paused": job + self.held.id,
            "units": job + self.failed.id,
            "timeline": job + self.running.id + "?tab=timeline",
            "history": job + self.held.id + "?tab=history",
            "parameters": job + self.crawl.id + "?tab=parameters",
            "after": job + self.following.id,
            "review": "/dashboard/review/" + self.imported.id,
            "start": "/dashboard/start?kind=csv_import",
            "kinds": "/dashboard/start",
            "schedules": "/dashboard/schedules",
            "schedule": "/dashboard/schedules/" + self.schedule,
            "new-schedule": "/dashboard/start?kind=crawl&when=schedule",
            "bulk": "/dashboard/bulk?verb=pause",
            "batch": "/dashboard/batches/" + self.batch.id,
            "sources": "/dashboard/sources",
            "search": "/dashboard/search?q=swifts nest",
            "system": "/dashboard/system",
            "records": "/dashboard/records/members",
            "audit": "/dashboard/audit",
            "keys": "/dashboard/keys",
            "webhooks": "/dashboard/webhooks",
            "webhook": "/dashboard/webhooks/" + self.webhook.id,
        }


def take(page: Page, server: Embedded, address: str, path: Path) -> None:
    page.goto(server.url + address)
    page.wait_for_function("document.querySelector('main h1') && !document.body.innerText.includes('Reading…')")
    if "?tab=" in address:
        page.locator(".tabs").evaluate("tabs => tabs.scrollIntoView()")
    page.wait_for_timeout(1200)  # what is asked for besides has come, and bars have moved
    keep(page, path)


def keep(page: Page, path: Path) -> None:
    """As a file of few colours, which is a fifth as large and looks the same."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def overview(names: list[str]) -> str:
    """The page of the documentation that shows them all."""
    lines = [
        "# Views of the dashboard",
        "",
        "Each as on a desk, in the light and in the dark, and on a phone. `make screenshots` takes the pictures.",
    ]
    for name in names:
        title = name.replace("-", " ").capitalize()
        lines += ["", f"## {title}", "", "| light | dark | phone |", "|---|---|---|"]
        lines += ["| " + " | ".join(f"![{title}{told}](images/{name}{suffix}.png)" for suffix, told in SHOWN) + " |"]
    return "\n".join(lines) + "\n"


def pictures(browser: Browser, server: Embedded, world: World, folder: Path, names: set[str]) -> None:
    looks: list[tuple[str, Any, Any]] = [
        ("", DESK, "light"),
        ("-dark", DESK, "dark"),
        ("-phone", PHONE, "light"),
    ]
    views = {name: address for name, address in world.views().items() if not names or name in names}
    for suffix, size, scheme in looks:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, locale="en-GB", timezone_id="UTC", bypass_csp=True
        )
        page = context.new_page()
        if not names or "sign-in" in names:
            page.goto(server.url + "/dashboard/")
            page.wait_for_selector("#key")
            keep(page, folder / f"sign-in{suffix}.png")
        context.request.post(f"{server.url}/api/v1/session", data={"api_key": server.api_key})
        for name, address in views.items():
            take(page, server, address, folder / f"{name}{suffix}.png")
        context.close()


def main() -> None:
    options = argparse.ArgumentParser(description="Write pictures of the dashboard.")
    options.add_argument("folder", type=Path)
    options.add_argument("views", nargs="*", help="only these")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with (
        site() as address,
        Embedded(KINDS) as server,
        Client(server.url, api_key=server.api_key) as client,
    ):
        world = World(server, client, address)
        with chromium.browser() as browser:
            pictures(browser, server, world, asked.folder, set(asked.views))
        if not asked.views:
            (asked.folder.parent / "dashboard-views.md").write_text(overview(["sign-in", *world.views()]))
    sys.stdout.write(f"{len(list(asked.folder.glob('*.png')))} pictures in {asked.folder}\n")


if __name__ == "__main__":
    main()
