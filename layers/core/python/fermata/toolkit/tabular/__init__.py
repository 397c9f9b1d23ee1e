"""Lists of documents as units: lines that already lie in the job's files, or a CSV or JSON Lines file by reference."""

from fermata.toolkit.tabular.plan import MAX_ROWS, plan_documents

__all__ = ["MAX_ROWS", "plan_documents"]
