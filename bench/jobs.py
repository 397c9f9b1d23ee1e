"""Jobs of the local stack as a user has them: over HTTP."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
from fermata.domain.transitions import Status
from fermata.local.stack import Stack

PATIENCE = 120.0
LOOK = 0.02
"""Seconds between two looks at a job."""


def token(stack: Stack) -> str:
    """A JWT that the stack accepts, for an hour."""
    claims = {"sub": "bench", "aud": "fermata", "scope": "read control admin", "exp": int(time.time()) + 3600}
    return jwt.encode(claims, stack.jwt_secret, algorithm="HS256")


@dataclass
class Jobs:
    """The jobs API of a stack; one connection, which is kept."""

    stack: Stack

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.stack.api_url).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {token(self.stack)}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Raises RuntimeError for anything but 2xx."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if not 200 <= response.status < 300:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        return json.loads(content or b"null")

    def start(self, **params: Any) -> str:
        """A probe with these parameters; its id."""
        return str(self.call("POST", "/api/v1/jobs", {"kind": "probe", "params": params})["id"])

    def warm(self) -> None:
        """Run a short job on all workers, so that what follows finds them started."""
        self.until(self.start(units=1_000, seconds=0.02), Status.COMPLETED)

    def read(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/api/v1/jobs/{job_id}")
        return found

    def pause(self, job_id: str) -> None:
        self.call("POST", f"/api/v1/jobs/{job_id}/pause", {})

    def resume(self, job_id: str) -> None:
        self.call("POST", f"/api/v1/jobs/{job_id}/resume", {})

    def until(self, job_id: str, status: Status, look: float = LOOK) -> dict[str, Any]:
        """The job once it has the status. Raises RuntimeError when it ends otherwise, or takes too long."""
        deadline = time.monotonic() + PATIENCE
        while (job := self.read(job_id))["status"] != status.value:
            if Status(job["status"]).final or time.monotonic() > deadline:
                raise RuntimeError(f"{job_id} is {job['status']}, not {status.value}: {job}")
            time.sleep(look)
        return job
