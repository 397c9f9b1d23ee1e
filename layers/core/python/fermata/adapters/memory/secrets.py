"""Secrets in memory."""

from __future__ import annotations

import base64
import hashlib
import json

from fermata.domain.errors import NotFound


class MemorySecrets:
    """Implements :class:`fermata.ports.Secrets`: it hides nothing, but refuses a wrong context."""

    def seal(self, text: str, context: dict[str, str]) -> str:
        return base64.b64encode(json.dumps([text, context], sort_keys=True).encode()).decode()

    def open(self, sealed: str, context: dict[str, str]) -> str:
        text, sealed_for = json.loads(base64.b64decode(sealed))
        if sealed_for != context:
            raise NotFound("secret", "in this context")
        return str(text)

    def key(self, purpose: str) -> bytes:
        return hashlib.sha256(f"memory {purpose}".encode(errors="surrogatepass")).digest()
