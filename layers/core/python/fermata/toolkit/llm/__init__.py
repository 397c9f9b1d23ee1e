"""Language models behind an OpenAI-compatible API: the one place where they are asked."""

from fermata.toolkit.llm.model import Model, Prices, Usage, total_usage
from fermata.toolkit.llm.parameters import SECRETS, ModelParameters, model_for, model_of, terms
from fermata.toolkit.llm.prompts import fenced
from fermata.toolkit.llm.structured import ask_for
from fermata.toolkit.llm.tags import Tagged, chat_tags

__all__ = [
    "SECRETS",
    "Model",
    "ModelParameters",
    "Prices",
    "Tagged",
    "Usage",
    "ask_for",
    "chat_tags",
    "fenced",
    "model_for",
    "model_of",
    "terms",
    "total_usage",
]
