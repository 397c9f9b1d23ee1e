"""The kind ``research``: a question, from what to look for to a report whose every sentence can be traced to a passage."""

from fermata.kinds.research.stages import RESEARCH

__all__ = ["RESEARCH"]
