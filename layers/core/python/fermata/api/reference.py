"""The page that describes the API and lets one try it, by Swagger UI as it lies in this package: it needs no other host."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources

from fastapi import FastAPI, Request, Response

PATH = "/docs"
FOLDER = "swagger_ui"
PAGE = "index.html"
TYPES = {
    PAGE: "text/html; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
"""No script stands in the page, and nothing is loaded from, or sent to, anywhere else."""


def mount(app: FastAPI) -> None:
    app.add_api_route(PATH, _page, include_in_schema=False)
    app.add_api_route(f"{PATH}/{{name}}", _asset, include_in_schema=False)


def _page(request: Request) -> Response:
    return _sent(request, PAGE)


def _asset(request: Request, name: str) -> Response:
    if name == PAGE or name not in TYPES:
        return Response("not found", 404, media_type="text/plain")
    return _sent(request, name)


def _sent(request: Request, name: str) -> Response:
    content, compressed, tag = _file(name)
    headers = {**HEADERS, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(compressed, media_type=TYPES[name], headers={**headers, "Content-Encoding": "gzip"})
    return Response(content, media_type=TYPES[name], headers=headers)


@cache
def _file(name: str) -> tuple[bytes, bytes, str]:
    content = (resources.files("fermata.api") / FOLDER / name).read_bytes()
    return content, gzip.compress(content, 6, mtime=0), f'"{hashlib.sha256(content).hexdigest()[:24]}"'
