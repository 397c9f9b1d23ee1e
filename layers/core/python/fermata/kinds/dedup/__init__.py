"""The kind ``dedup``: records of a table that mean the same, found, shown and merged."""

from fermata.kinds.dedup.stages import DEDUP

__all__ = ["DEDUP"]
