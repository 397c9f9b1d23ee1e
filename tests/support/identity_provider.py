"""A small identity provider on loopback, which knows one person."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "fermata-dashboard"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Issuer:
    """Knows one person, whom it sends back at once; what a test changes in it is what a hostile one would."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: Any = KEY
    describes: str | None = None
    elsewhere: str | None = None

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.describes or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": self.elsewhere or f"{self.url}/keys",
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "1", "use": "sig"}]}

    def authorize(self, location: str) -> str:
        """The person agrees: the address that the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}&session_state=whatever"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        facts = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "ann@example",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
        }
        return 200, {"id_token": jwt.encode(facts | self.claims, self.key, "RS256", headers={"kid": "1"})}


class Handler(BaseHTTPRequestHandler):
    """Answers as the issuer that it was given."""

    issuer: Issuer

    def do_GET(self) -> None:
        if self.path.startswith("/authorize?"):
            self.send_response(302)
            self.send_header("Location", self.issuer.authorize(self.path))
            self.end_headers()
            return
        found = {"/.well-known/openid-configuration": self.issuer.metadata, "/keys": self.issuer.keys}
        self.answer(200, found[self.path]())

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.answer(*self.issuer.token({name: values[0] for name, values in form.items()}))

    def answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[tuple[type[Handler], int]]:
    """The handler, to which an issuer is given, and its port."""
    handler = type("Given", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield handler, server.server_port
    server.shutdown()
    server.server_close()
