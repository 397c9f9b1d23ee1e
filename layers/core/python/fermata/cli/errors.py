"""What a command tells the person at the terminal when it can't do what was asked, and its exit code."""

from __future__ import annotations

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class CommandError(Exception):
    """The command was understood and refused, here or by the server; the message says why."""

    exit_code = 1


class WrongUse(CommandError):
    """The arguments make no sense together."""

    exit_code = 2


class Unreachable(CommandError):
    """There is no server, or it does not answer."""

    exit_code = 3


class Unsuccessful(CommandError):
    """The batch that was watched has ended, but not well."""

    exit_code = 4


class Rejected(CommandError):
    """The server refused the request.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
