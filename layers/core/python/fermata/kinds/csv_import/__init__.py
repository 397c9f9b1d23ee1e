"""The kind ``csv_import``: a CSV file checked row by row, reviewed by a person, and stored exactly once."""

from fermata.kinds.csv_import.stages import CSV_IMPORT

__all__ = ["CSV_IMPORT"]
