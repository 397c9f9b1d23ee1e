"""Notices as messages that Slack's incoming webhooks, and services that take the same, show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_TEXT = 2_900
"""Characters of a section; Slack takes 3,000."""

MAX_FACTS = 8
"""Labels that are shown; Slack takes ten elements of a context."""

SIGNS: Mapping[str, str] = {
    "completed": ":white_check_mark:",
    "failed": ":x:",
    "timed_out": ":hourglass:",
    "cancelled": ":no_entry_sign:",
    "waiting_review": ":eyes:",
    "pausing": ":double_vertical_bar:",
    "paused": ":double_vertical_bar:",
    "pause": ":double_vertical_bar:",
    "health_change": ":warning:",
    "task_failed": ":x:",
}


def message(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The body: ``text`` for notifications, blocks for what is shown."""
    subject, _, happened = str(detail["type"]).partition(".")
    words = happened.replace("_", " ")
    job, why = detail.get("job"), _why(detail)
    if isinstance(job, Mapping):
        text = f"Job {job['id']} ({job['kind']}): {words}"
    elif isinstance(schedule := detail.get("schedule"), Mapping):
        text = f"Schedule {schedule['id']}: {words}"
    else:
        text = f"{subject.capitalize()}: {words}"
    sign = SIGNS.get(happened, ":bell:")
    said = f"{sign} *{_plain(text)}*" + (f"\n{_plain(why)}" if why else "")
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": said[:MAX_TEXT]}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": fact} for fact in _facts(detail)]},
    ]
    return {"text": _plain(f"{text}: {why}" if why else text)[:MAX_TEXT], "blocks": blocks}


def _why(detail: Mapping[str, Any]) -> str:
    data = detail.get("data") or {}
    found = detail.get("reason") or data.get("error") or data.get("reason") or ""
    return str(found)[:1_000]


def _facts(detail: Mapping[str, Any]) -> list[str]:
    job = detail.get("job") or {}
    facts = {"tenant": detail["tenant"], "at": detail["at"]}
    facts |= {name: job[name] for name in ("workspace", "user") if name in job}
    shown = [f"{name}: {value}" for name, value in facts.items()]
    shown += [f"{name}={value}" for name, value in list(job.get("labels", {}).items())[: MAX_FACTS - len(shown)]]
    return [_plain(text)[:300] for text in shown]


def _plain(text: str) -> str:
    """Without what Slack reads as its own: links, mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
