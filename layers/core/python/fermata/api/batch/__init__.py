"""Batches of documents to tag: start, status, pause, resume, cancel, active ones, results."""

from fermata.api.batch import routes
from fermata.api.batch.family import FAMILY

__all__ = ["FAMILY", "routes"]
