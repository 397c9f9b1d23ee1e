"""Which jobs are meant, in queries and in bodies alike."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from fermata.api.context import RequestContext
from fermata.api.jobs.family import NAME
from fermata.api.request_fields import LABEL_NAME, Moment, Strict, Workspace, moment
from fermata.control.queries import Selection
from fermata.domain.listing import created_bound, created_bound_of
from fermata.domain.transitions import Status

Named = Annotated[str, Field(strict=True, max_length=64)]
FamilyName = Literal["batch", "tasks", "processes", "sources", "jobs"]


UserName = Annotated[str, Field(strict=True, max_length=256)]
LabelFilter = Annotated[str, Field(strict=True, pattern=LABEL_NAME[:-1] + r"(=.{0,255})?$", examples=["team=data"])]
SearchText = Annotated[str, Field(strict=True, min_length=1, max_length=200)]


class Filter(Strict):
    """Jobs that match all that is given."""

    model_config = ConfigDict(populate_by_name=True)

    kind: Annotated[Named | None, Field(description="Only of this kind.")] = None
    family: Annotated[FamilyName | None, Field(description="Only those started by this API.")] = None
    status: Annotated[
        list[Status], Field(default_factory=list, max_length=len(Status), description="Only in one of these.")
    ]
    workspace: Annotated[Workspace | None, Field(description="Only of this workspace.")] = None
    held: Annotated[
        bool | None,
        Field(strict=True, description="Only open jobs that something holds (true) or nothing does (false)."),
    ] = None
    from_: Annotated[Moment | None, Field(alias="from", description="Only those created then or later.")] = None
    to: Annotated[Moment | None, Field(description="Only those created before.")] = None
    user: Annotated[UserName | None, Field(description="Only those that this user started.")] = None
    label: Annotated[
        list[LabelFilter],
        Field(
            default_factory=list, max_length=10, description="Only with these labels: `name=value`, or `name` for any."
        ),
    ]
    text: Annotated[
        SearchText | None,
        Field(
            description="Only those whose id, kind, user, labels, parameters, error or hold has this text, whatever the case."
        ),
    ] = None
    failed_units: Annotated[
        bool | None,
        Field(strict=True, description="Only jobs with failed units (true), or without any so far (false)."),
    ] = None

    def selection(self, call: RequestContext, cursor: str | None, *, oldest_first: bool = False) -> Selection:
        """Raises InvalidInput."""
        before = created_bound(max(0.0, moment(self.to, "to"))) if self.to is not None else None
        since = created_bound(max(0.0, moment(self.from_, "from"))) if self.from_ is not None else None
        if cursor is not None:
            place = call.unseal(cursor, created_bound_of, *self.owner(oldest_first))
            before, since = (before, f"{place}\0") if oldest_first else (place, since)
        return Selection(
            tenant=call.tenant,
            families=(self.family,) if self.family else (),
            workspace=self.workspace,
            statuses=tuple(dict.fromkeys(self.status)),
            kind=self.kind,
            held=self.held,
            since=since,
            before=before,
            user=self.user,
            labels=tuple((name, value if mark else None) for name, mark, value in map(_partition, self.label)),
            text=self.text,
            failed_units=self.failed_units,
            oldest_first=oldest_first,
        )

    def next_cursor(self, call: RequestContext, after: str | None, *, oldest_first: bool = False) -> str | None:
        return call.seal(after, *self.owner(oldest_first)) if after is not None else None

    def owner(self, oldest_first: bool) -> tuple[str, ...]:
        """What a cursor is good for: this filter, in this order."""
        return (NAME, self.model_dump_json(), "oldest" if oldest_first else "newest")


def _partition(label: str) -> tuple[str, str, str]:
    return label.partition("=")
