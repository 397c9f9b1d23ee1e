"""Tags for a text: from the embedded keyword extractor, or from a language model behind an OpenAI-compatible API."""

from fermata.kinds.tagging.chat import Model, chat_tags
from fermata.kinds.tagging.embedded import embedded_tags

__all__ = ["Model", "chat_tags", "embedded_tags"]
