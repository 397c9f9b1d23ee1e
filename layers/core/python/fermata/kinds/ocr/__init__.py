"""The kind ``ocr``: text of images, and of pages of PDF that have none."""

from fermata.kinds.ocr.stages import OCR

__all__ = ["OCR"]
