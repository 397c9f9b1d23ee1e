"""Which server a command calls, and as whom: by options, by the environment, by a profile, else the local stack as you."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermata.cli.errors import CommandError, Unreachable, WrongUse

if TYPE_CHECKING:
    from fermata_client import Client
    from fermata_client.local import LocalStack

    from fermata.cli.profiles_file import Profile

NOT_RUNNING = "The local stack is not running. Start it with `fermata up`"
NEEDS = "needs credentials: --token or --api-key (FERMATA_TOKEN or FERMATA_API_KEY), or a profile"


@dataclass(frozen=True)
class Session:
    """What was said of the server and the caller."""

    url: str | None = None
    token: str | None = None
    api_key: str | None = None
    profile: str | None = None
    state_dir: Path | None = None

    def client(self) -> Client:
        """The API that the command shall call. Raises Unreachable and WrongUse."""
        _load_httpx()
        from fermata_client import Client

        url, token, key = self._resolved()
        try:
            return Client(url, token=token, api_key=key)
        except ValueError as error:
            raise CommandError(str(error)) from None

    def address(self) -> str:
        """Where the server is. Raises Unreachable."""
        profile = self._profile()
        url = self.url or os.environ.get("FERMATA_URL") or (profile.url if profile else None)
        return (url or self._stack().url).rstrip("/")

    def _resolved(self) -> tuple[str, str | None, str | None]:
        """URL, token and key. An option wins over the environment, and a token over a key, as in the API.

        What a profile or the local stack is called with goes nowhere else.
        """
        profile = self._profile()
        named = self.url or os.environ.get("FERMATA_URL")
        token, key = self._credentials()
        if token or key:
            return named or (profile.url if profile else self._stack().url), token, key
        if profile and (not named or named.rstrip("/") == profile.url.rstrip("/")):
            if not profile.token and not profile.api_key:
                raise WrongUse(f"the profile {profile.name} {NEEDS}")
            return profile.url, profile.token, profile.api_key
        if not named:
            stack = self._stack()
            return stack.url, stack.token(), None
        stack_or_none = local_stack(self.state_dir)
        if stack_or_none is None or named.rstrip("/") != stack_or_none.url:
            raise WrongUse(f"{named} {NEEDS}")
        return named, stack_or_none.token(), None

    def _credentials(self) -> tuple[str | None, str | None]:
        if self.token or self.api_key:
            return self.token, None if self.token else self.api_key
        token = os.environ.get("FERMATA_TOKEN")
        return token, None if token else os.environ.get("FERMATA_API_KEY")

    def _profile(self) -> Profile | None:
        from fermata.cli.profiles_file import chosen

        if not self.profile and (self.url or os.environ.get("FERMATA_URL")):
            return None
        return chosen(self.profile)

    def _stack(self) -> LocalStack:
        stack = local_stack(self.state_dir)
        if stack is None:
            raise Unreachable(f"{NOT_RUNNING}, or name a server with --url, FERMATA_URL or a profile.")
        return stack


def _load_httpx() -> None:
    """Load it without what no command uses and a third of their start would go into: HTTP/2, and its own command."""
    unused: dict[str, Any] = {name: None for name in ("h2", "httpx._main") if name not in sys.modules}
    if "httpx" in sys.modules:
        return
    sys.modules.update(unused)
    try:
        import httpcore  # noqa: F401 - which httpx itself loads with its first client
        import httpx  # noqa: F401
    finally:
        for name in unused:
            del sys.modules[name]


def local_stack(state_dir: Path | None) -> LocalStack | None:
    """The running local stack, once it is deployed."""
    from fermata_client import local
    from fermata_client.errors import NotRunning

    from fermata.local.template import project_root

    folder: Path | None = state_dir
    if folder is None and not os.environ.get(local.VARIABLE):
        try:
            folder = project_root() / local.FOLDER
        except FileNotFoundError:
            folder = None
    try:
        return local.find(folder)
    except NotRunning:
        return None
