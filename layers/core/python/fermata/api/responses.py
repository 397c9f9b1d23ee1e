"""The one way in which answers become JSON."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse

from fermata.domain import strict_json


class Answer(JSONResponse):
    """JSON that can always be written: a value that is none, once stored, must not keep the others from being read."""

    def render(self, content: Any) -> bytes:
        return strict_json.dumps(content)
