"""Server-sent events: following a job, or a tenant, over as many connections as it takes, without loss or repeat."""

from fermata.api.stream_windows import Window, Windows
from fermata.api.streaming.feed import FeedFilter, FeedFollower, FeedRenderer
from fermata.api.streaming.follower import EventRenderer, Follower, Update
from fermata.api.streaming.frames import DONE, EVENT_STREAM, Frame
from fermata.api.streaming.responding import LastEvent, Position, follow, stream

__all__ = [
    "DONE",
    "EVENT_STREAM",
    "EventRenderer",
    "FeedFilter",
    "FeedFollower",
    "FeedRenderer",
    "Follower",
    "Frame",
    "LastEvent",
    "Position",
    "Update",
    "Window",
    "Windows",
    "follow",
    "stream",
]
