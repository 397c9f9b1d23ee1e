"""The kind ``ai_improvement``: records of a table made tidier, as differences that a person reviews."""

from fermata.kinds.ai_improvement.stages import AI_IMPROVEMENT

__all__ = ["AI_IMPROVEMENT"]
