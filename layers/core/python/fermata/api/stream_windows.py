"""How long a stream stays open, and how often it looks."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Window:
    """One connection of a stream; the client opens the next. All in seconds.

    Attributes:
        length: after this the connection is closed; a look may still be under way then, and 25 are promised as the most.
        poll: between two looks at the job.
        progress: between two looks at its ledger, which cost more.
        heartbeat: of silence, after which a comment is sent.
        retry: that the client waits before it connects again.
        hasty: it closes as soon as it has told something new; for a gateway that passes nothing on before the end.
    """

    length: float = 24.5
    poll: float = 0.5
    progress: float = 2.0
    heartbeat: float = 10.0
    retry: float = 1.0
    hasty: bool = False


@dataclass(frozen=True)
class Windows:
    """The window of a server that streams, and the one behind a gateway that buffers.

    The latter keeps a function waiting, so it is short, and comes again as often as a client would poll.

    Attributes:
        lasting: of streams that no document bounds, in a server that sees its clients go, so that those cost nothing; None: as
            ``streamed``.
        keepalive: seconds of silence after which a WebSocket says that it is there.
        recheck: seconds after which it is looked at again whether who follows still may.
    """

    streamed: Window = field(default_factory=Window)
    buffered: Window = field(default_factory=lambda: Window(length=4.0, retry=2.0, hasty=True))
    lasting: Window | None = None
    keepalive: float = 30.0
    recheck: float = 60.0


LASTING = Windows(lasting=Window(length=3600.0))
"""Of a server that sees when its clients have gone."""
