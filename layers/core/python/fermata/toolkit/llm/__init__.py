"""Language models behind an OpenAI-compatible API."""

from fermata.toolkit.llm.chat import Model, chat_tags

__all__ = ["Model", "chat_tags"]
