"""The kind ``source.process``: a document taken apart and put into the workspace's full-text index."""

from fermata.kinds.source_process.stages import SOURCE_PROCESS

__all__ = ["SOURCE_PROCESS"]
