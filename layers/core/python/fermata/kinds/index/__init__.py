"""The kind ``index``: the workspace's full-text index, built beside the one that is read, and put in its place at once."""

from fermata.kinds.index.stages import INDEX

__all__ = ["INDEX"]
