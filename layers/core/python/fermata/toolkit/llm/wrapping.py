"""What stands around a model's answer: its thoughts, and the markup of chats that servers let through."""

from __future__ import annotations

import re

MAX_ANSWER = 200_000
"""Characters of an answer that are looked at."""

_NAME = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis)"
_OPEN = rf"<{_NAME}>|\[THINK\]|◁think▷|<\|(?:START_THINKING|begin_of_thought)\|>"
_CLOSE = rf"</{_NAME}>|\[/THINK\]|◁/think▷|<\|(?:END_THINKING|end_of_thought)\|>"
_OPENED, _CLOSED = re.compile(_OPEN, re.IGNORECASE), re.compile(_CLOSE, re.IGNORECASE)
_CHANNEL = re.compile(
    r"<\|channel\|>\s{0,9}(\w{1,20})[^|]{0,100}(?:<\|constrain\|>[^|]{0,20})?<\|message\|>(.*?)(?=<\|(?:end|return|start|call)\|>|\Z)",
    re.DOTALL,
)
_BARE_CHANNEL = re.compile(r"analysis\b.*assistant\s*final(?P<answer>.*)", re.DOTALL)
"""The same where a server has dropped the marks and left their names."""

_WRAPPER = re.compile(
    r"<(?P<name>answer|response|output|final_answer|result)>(?P<inner>.*?)(?:</(?P=name)>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_MARK = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|<eos>|\[/?INST\]|\[TOOL_CALLS\]", re.IGNORECASE)


def unwrapped(answer: str) -> str:
    """What the model says to whoever asked."""
    text = _without_thoughts(answer.removeprefix("\ufeff")[:MAX_ANSWER])
    if wrapped := list(_WRAPPER.finditer(text)):
        text = wrapped[-1]["inner"]
    return _MARK.sub("", text).strip()


def _without_thoughts(text: str) -> str:
    end = 0
    channels = _CHANNEL.findall(text)
    if channels:
        return next((said for name, said in reversed(channels) if name == "final"), "")
    if bare := _BARE_CHANNEL.fullmatch(text.strip()):
        return bare["answer"]
    # The opening mark is often part of what the server put before the answer; an answer that never closes it is all thought.
    for closed in _CLOSED.finditer(text):
        end = closed.end()
    text = text[end:]
    opened = _OPENED.search(text)
    return text[: opened.start()] if opened else text
