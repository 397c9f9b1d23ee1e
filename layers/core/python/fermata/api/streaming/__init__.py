"""Server-sent events: following a job over HTTP, over as many connections as it takes, without loss or repeat."""

from fermata.api.streaming.follower import EventRenderer, Follower, Update
from fermata.api.streaming.frames import DONE, EVENT_STREAM, Frame
from fermata.api.streaming.responding import LastEventId, follow
from fermata.api.streaming.windows import Window, Windows

__all__ = [
    "DONE",
    "EVENT_STREAM",
    "EventRenderer",
    "Follower",
    "Frame",
    "LastEventId",
    "Update",
    "Window",
    "Windows",
    "follow",
]
