"""Tags from a language model."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.llm.chat import chat
from fermata.toolkit.llm.failures import words_of
from fermata.toolkit.llm.model import Model, Usage
from fermata.toolkit.llm.prompts import fenced
from fermata.toolkit.llm.tag_answers import tags_in

MAX_TEXT = 24_000
"""Characters of a document that are sent."""

_SCHEMA = {
    "type": "object",
    "properties": {"tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["tags"],
    "additionalProperties": False,
}
_REFUSAL = re.compile(
    r"\bI(?:['’]m| am) (?:sorry|unable|not able)\b|\bI (?:can['’]?t|cannot|won['’]t)\b|\bas an ai\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Tagged:
    """A document's tags, what asking for them took, and why there are none."""

    tags: list[str]
    usage: Usage
    note: str | None = None


def chat_tags(
    model: Model,
    title: str,
    text: str,
    count: int,
    exclusion_words: Sequence[str],
    settings: Settings,
    deadline: float = float("inf"),
) -> Tagged:
    """At most ``count`` tags, in whatever form the model gives them. Raises UnitError or UnitRetry, in the provider's words."""
    rules = [
        f'You name the topics of a document. Answer with JSON, {{"tags": [at most {count} strings]}}, and nothing else.',
        "Each is a short tag in lower case, in the language of the document, the most telling first.",
    ]
    if exclusion_words:
        rules.append("Never use these words: " + json.dumps(list(exclusion_words), ensure_ascii=False))
    messages = fenced(rules, [f"{title}\n\n{text[:MAX_TEXT]}"])
    answer = chat(model, messages, settings, schema=_SCHEMA, deadline=deadline)
    found = tags_in(answer.text)
    from fermata.toolkit.text.choice import choose  # loads libraries that only workers have

    tags = choose(found[:-1] if answer.cut else found, count, exclusion_words)
    if tags and not (len(tags) < 3 and _REFUSAL.search(answer.text)):
        return Tagged(tags, answer.usage)
    words = words_of(answer.text, model)
    if _REFUSAL.search(words):
        raise UnitError(f"the model refused: {words}")
    raise UnitRetry(f"the model's answer has no usable tags in it: {words or 'it is empty'}")
