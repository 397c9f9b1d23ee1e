"""Background tasks: create, list, show and cancel in one dialect; pause, resume, control state and the stream in another."""

from fermata.api.tasks import routes, stream
from fermata.api.tasks.family import FAMILY

__all__ = ["FAMILY", "routes", "stream"]
