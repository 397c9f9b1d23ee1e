"""The dashboard in a real browser, over a whole Fermata in memory."""

from __future__ import annotations

import threading
import time
from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import chromium
import pytest
from fermata.api.auth import Security, Tokens
from fermata.api.oidc import Provider
from fermata.domain.access import SCOPES, ApiKey, digest
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.embedded import Embedded
from fermata.kinds.registry import Registry
from fermata.toolkit.parameters import Parameters, parser, schema
from fermata_client import Client
from fermata_client.errors import Unsuccessful
from identity_provider import CLIENT, Issuer, serving
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import Field

SECRET = "a secret of at least thirty-two bytes"
OTHER_KEY, CROWDED_KEY = "sk_of_another_tenant", "sk_of_a_tenant_with_many_jobs"

expect.set_options(timeout=10_000)


class Letters(Parameters):
    """What the letters ask for."""

    title: str = Field(default="Spring letters", description="What they are about.")
    units: int = Field(default=6, ge=0, le=1000, description="How many.")
    bad: int = Field(default=0, ge=0, description="So many of them have no address.")


@dataclass
class Letterbox:
    """A kind whose units a test lets go one by one.

    Attributes:
        gate: units wait for it.
        mended: from then on no letter lacks its address.
    """

    gate: threading.Event = field(default_factory=threading.Event)
    mended: threading.Event = field(default_factory=threading.Event)

    def kind(self) -> Kind:
        return Kind(
            name="letters",
            title="Send letters",
            stages=(
                Stage("send", self.plan, self.send, Policy(concurrency=2, chunk_size=4, timeout=None, attempts=1)),
            ),
            parse=parser(Letters),
            schema=schema(Letters),
        )

    def plan(self, planning: Planning) -> Iterator[Planned]:
        for number in range(planning.params["units"]):
            yield Planned({"letter": number, "to": "somebody"}, None)

    def send(self, unit: Unit) -> Any:
        self.gate.wait(20)
        if unit.value["letter"] < unit.params["bad"] and not self.mended.is_set():
            raise UnitError(f"letter {unit.value['letter']} has no address")
        return {"sent": unit.value["letter"]}


@dataclass
class Door:
    """Stands before the server; while it is shut nobody gets an answer."""

    open: bool = True

    def __call__(self, app: Any) -> Any:
        async def passed(scope: Any, receive: Any, send: Any) -> None:
            if self.open or scope["type"] != "http":
                await app(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

        return passed


@dataclass
class Scene:
    """The server, and what tests do with it."""

    server: Embedded
    client: Client
    letterbox: Letterbox
    door: Door

    def start(self, kind: str = "letters", **params: Any) -> Any:
        return self.client.jobs.create(kind, params)

    def until(self, job: Any, status: str) -> None:
        """Wait for a status."""
        while job.refresh().status != status:
            self.server.works.wait()

    def end(self, job: Any) -> None:
        """Wait until it has ended, however."""
        with suppress(Unsuccessful):
            job.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module, since Playwright occupies the thread's event loop for as long as it is there."""
    if chromium.found() is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with chromium.browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def _issuer() -> Iterator[Issuer]:
    """Of another site than the server, which is called by its number."""
    with serving() as (handler, port):
        handler.issuer = Issuer(f"http://localhost:{port}")
        yield handler.issuer


@pytest.fixture(scope="session")
def _scene(_issuer: Issuer) -> Iterator[Scene]:
    letterbox, door = Letterbox(), Door()
    kinds = ChainMap({"letters": letterbox.kind()}, Registry())  # type: ignore[arg-type]
    server = Embedded(
        kinds,
        wrap=door,
        secure=partial(Security, tokens=Tokens(SECRET, audience="fermata"), provider=Provider(_issuer.url, CLIENT)),
    )
    server.keys.add(ApiKey("other", "elsewhere", "eve", SCOPES, digest(OTHER_KEY), time.time()))
    server.keys.add(ApiKey("crowd", "crowded", "ann", SCOPES, digest(CROWDED_KEY), time.time()))
    with server, Client(server.url, api_key=server.api_key) as client:
        yield Scene(server, client, letterbox, door)


@pytest.fixture
def scene(_scene: Scene) -> Iterator[Scene]:
    _scene.letterbox.gate.set()
    _scene.letterbox.mended.clear()
    yield _scene
    _scene.letterbox.gate.set()
    _scene.door.open = True


@pytest.fixture
def issuer(_issuer: Issuer, scene: Scene) -> Iterator[Issuer]:
    """Where users may sign in."""
    yield _issuer
    _issuer.claims.clear()


@pytest.fixture
def context(browser: Browser, scene: Scene) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=scene.server.url, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def samples() -> Path:
    """The folder of the sample documents."""
    return Path(__file__).parents[2] / "samples"


@pytest.fixture
def other_key() -> str:
    """The key of somebody in another tenant."""
    return OTHER_KEY


@pytest.fixture
def crowded_key() -> str:
    """The key of somebody in the tenant ``crowded``."""
    return CROWDED_KEY


@pytest.fixture
def jwt_secret() -> str:
    """What signs tokens that the server accepts."""
    return SECRET


@pytest.fixture
def anybody(context: BrowserContext) -> Page:
    """A page where nobody is signed in."""
    return context.new_page()


@pytest.fixture
def sign_in(scene: Scene) -> Callable[[BrowserContext], None]:
    def sign_in(context: BrowserContext, key: str = scene.server.api_key) -> None:
        answer = context.request.post("/api/v1/session", data={"api_key": key})
        assert answer.status == 201, answer.text()

    return sign_in


@pytest.fixture
def page(context: BrowserContext, sign_in: Callable[[BrowserContext], None]) -> Iterator[Page]:
    """A page of somebody who is signed in; whatever the browser complains about fails the test."""
    sign_in(context)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert complaints == []
