"""The kind ``probe``: units that only wait. For trying a stack, its alarms and its pauses, and for measuring it."""

from fermata.kinds.probe.stages import PROBE

__all__ = ["PROBE"]
