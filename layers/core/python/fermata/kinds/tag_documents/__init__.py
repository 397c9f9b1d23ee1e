"""The kind ``tag_documents``: each document fetched, its first pages read and tagged."""

from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS

__all__ = ["TAG_DOCUMENTS"]
