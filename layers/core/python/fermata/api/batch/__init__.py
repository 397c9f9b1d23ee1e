"""Batches of documents to tag: start, status, pause, resume, cancel, active ones, results, and a WebSocket to observe one."""

from fermata.api.batch import routes, socket
from fermata.api.batch.family import FAMILY

__all__ = ["FAMILY", "routes", "socket"]
