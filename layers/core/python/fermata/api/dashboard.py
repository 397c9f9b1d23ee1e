"""The dashboard's files, as browsers get them.

They lie in the package ``fermata_dashboard``, which is a layer of the api function. There is no build: what is written there is
served, its modules joined to one script and its styles to one sheet when they are first asked for. Each is asked for under the
digest of them all, so that browsers may keep it for ever, and a page never mixes two versions.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.responses import RedirectResponse

from fermata.api.es_modules import joined

PACKAGE = "fermata_dashboard"
PREFIX = "/dashboard"
PAGE, FIRST = "index.html", "app.js"
SCRIPT, STYLES = "dashboard.js", "dashboard.css"
SUFFIXES = {".html", ".js", ".css", ".svg"}
COMPRESSED = 500
"""Bytes from which on a file is sent compressed."""

POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{what}-src 'self'" for what in ("script", "style", "img", "connect", "font", "manifest")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Nothing but these files runs or is loaded, and nothing is sent elsewhere."""

PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class File:
    """One file; ``compressed`` is None where that gains nothing."""

    content: bytes
    compressed: bytes | None
    type: str

    @classmethod
    def of(cls, content: bytes, name: str) -> File:
        compressed = gzip.compress(content, 9, mtime=0) if len(content) >= COMPRESSED else None
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        return File(content, compressed, f"{kind}; charset=utf-8")

    def response(self, request: Request, headers: Mapping[str, str]) -> Response:
        tag = f'"{hashlib.sha256(self.content).hexdigest()[:24]}"'
        headers = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.compressed, media_type=self.type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(self.content, media_type=self.type, headers=headers)


@dataclass(frozen=True)
class Bundle:
    """All files of one version.

    Attributes:
        files: those that the page asks for, by name.
        page: with the addresses of the files in it.
    """

    version: str
    files: Mapping[str, File]
    page: File


def mount(app: FastAPI) -> None:
    """Answer below ``/dashboard/``, and send ``/`` there. Every address without a file is a view: the page shows it."""
    for path in ("/", PREFIX):
        app.add_api_route(path, _moved, include_in_schema=False)
    app.add_api_route(f"{PREFIX}/assets/{{version}}/{{name:path}}", _asset, include_in_schema=False)
    app.add_api_route(f"{PREFIX}/{{view:path}}", _page, include_in_schema=False)


async def _moved() -> Response:
    return RedirectResponse(f"{PREFIX}/", 302)


def _asset(request: Request, version: str, name: str) -> Response:
    bundle = current()
    file = bundle.files.get(name) if bundle else None
    if bundle is None or file is None:
        return Response("not found", 404, media_type="text/plain")
    return file.response(request, {"Cache-Control": FOR_EVER if version == bundle.version else "no-store"})


def _page(request: Request, view: str) -> Response:
    bundle = current()
    if bundle is None:
        return Response("The dashboard is not installed here.", 404, media_type="text/plain")
    return bundle.page.response(request, PAGE_HEADERS)


def current() -> Bundle | None:
    """The files as they are now; None where they are not installed."""
    try:
        folder = Path(str(resources.files(PACKAGE)))
    except ModuleNotFoundError:
        return None
    found = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return _bundle(folder, tuple((path, path.stat().st_mtime_ns) for path in found))


@cache
def _bundle(folder: Path, found: tuple[tuple[Path, int], ...]) -> Bundle:
    sources = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path, _ in found}
    version = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest()[:16]
    page = sources[PAGE].replace("{{assets}}", f"{PREFIX}/assets/{version}")
    sent = {name: sources[name] for name in sources if "/" not in name and name not in (PAGE, FIRST)}
    sent[SCRIPT] = joined({name: text for name, text in sources.items() if name.endswith(".js")}, FIRST)
    sent[STYLES] = "".join(text for name, text in sources.items() if name.endswith(".css"))
    return Bundle(
        version, {name: File.of(text.encode(), name) for name, text in sent.items()}, File.of(page.encode(), PAGE)
    )
