"""Pictures of each view, light, dark and as on a phone, for the documentation: ``make screenshots``.

They are taken of a whole Fermata in memory with real jobs in it: documents that were tagged, an import that waits for its review,
a crawl of the sample site, a pause.
"""

from __future__ import annotations

import argparse
import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chromium
from fermata.cli.documents import documents_of
from fermata.embedded import Embedded
from fermata_client import Client, FermataError
from PIL import Image
from playwright.sync_api import Browser, Page

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


@contextmanager
def site() -> Iterator[str]:
    """The sample site behind a port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(PROJECT / "samples" / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


class World:
    """A server with something to see in it."""

    def __init__(self, server: Embedded, client: Client, address: str) -> None:
        self.client = client
        documents = documents_of([str(PROJECT / "samples" / "documents.csv")])
        documents.insert(
            3,
            {
                "title": "Minutes of 1987",
                "file_path": str(PROJECT / "samples" / "gone.pdf"),
                "file_source_type": "local",
            },
        )
        self.batch = client.batches.start(documents, config={"num_tags": 5})
        for name in ("swifts.md", "observability.md", "sourdough.txt"):
            text = (PROJECT / "samples" / name).read_text()
            client.sources.create(name.split(".")[0].capitalize(), text=text)
        self.crawl = client.jobs.create("crawl", {"url": address, "delay": 0.0, "max_depth": 2})
        self.over(self.batch.id, "batch:")
        self.over(self.crawl.id)
        self.imported = client.jobs.create(
            "csv_import", {"text": PEOPLE, "columns": COLUMNS, "unique": "id", "table": "members"}
        )
        self.failed = client.jobs.create("probe", {"units": 240, "fail_every": 60}, labels={"team": "archive"})
        self.over(self.failed.id)
        self.held = client.jobs.create("probe", {"units": 1200, "seconds": 0.01})
        self.until(self.held.id, lambda job: job.counts.settled > 300)
        self.held.pause(
            reason="Waiting for the new price list",
            until=f"{datetime.now(UTC) + timedelta(days=2, hours=3):%Y-%m-%dT%H:00:00Z}",
        )
        self.until(self.held.id, lambda job: job.status == "paused")
        self.schedule = self.scheduled()
        client.keys.create("nina", label="Nightly import", scopes=["read", "control"])
        client.keys.create(label="Wall display", scopes=["read"], expires_at=datetime.now(UTC) + timedelta(days=90))
        self.running = client.jobs.create(
            "probe",
            {"units": 4000, "seconds": 0.05, "fail_every": 900},
            labels={"team": "archive", "season": "spring"},
        )
        self.following = client.jobs.create("probe", {"units": 50}, after=[self.running.id])
        self.until(self.imported.id, lambda job: job.status == "waiting_review")
        self.until(self.running.id, lambda job: job.counts.settled > 100)

    def scheduled(self) -> str:
        """Schedules, one of which has a history; its id."""
        schedules, work, zone = self.client.schedules, ("probe", {"units": 20}), "Europe/Warsaw"
        weekly = schedules.create("Monday's report", "cron(15 7 ? * MON *)", *work, timezone=zone)
        schedules.pause(weekly.id, reason="Nobody reads it in summer")
        nightly = schedules.create("Nightly check", "cron(30 2 * * ? *)", *work, timezone=zone)
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
            "timeline": job + self.imported.id + "?tab=timeline",
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
        }


def take(page: Page, server: Embedded, address: str, path: Path) -> None:
    page.goto(server.url + address)
    page.wait_for_function("document.querySelector('main h1') && !document.body.innerText.includes('Reading…')")
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
    with site() as address, Embedded() as server, Client(server.url, api_key=server.api_key) as client:
        world = World(server, client, address)
        with chromium.browser() as browser:
            pictures(browser, server, world, asked.folder, set(asked.views))
        if not asked.views:
            (asked.folder.parent / "dashboard-views.md").write_text(overview(["sign-in", *world.views()]))
    sys.stdout.write(f"{len(list(asked.folder.glob('*.png')))} pictures in {asked.folder}\n")


if __name__ == "__main__":
    main()
