"""The kind ``ai_location_import``: places of a document, reviewed by a person, and stored with their coordinates."""

from fermata.kinds.ai_location_import.stages import AI_LOCATION_IMPORT

__all__ = ["AI_LOCATION_IMPORT"]
