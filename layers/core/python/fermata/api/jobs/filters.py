"""Which jobs are meant, in queries and in bodies alike."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from fermata.api.context import RequestContext
from fermata.api.jobs.family import NAME
from fermata.api.request_fields import DATE_TIME, Strict, Workspace, moment
from fermata.control.queries import Selection
from fermata.domain.listing import created_bound, created_bound_of
from fermata.domain.transitions import Status

Named = Annotated[str, Field(strict=True, max_length=64)]
Moment = Annotated[str, Field(max_length=40, examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)]
FamilyName = Literal["batch", "tasks", "processes", "sources", "jobs"]


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

    def selection(self, call: RequestContext, cursor: str | None) -> Selection:
        """Raises InvalidInput."""
        before = created_bound(max(0.0, moment(self.to, "to"))) if self.to is not None else None
        if cursor is not None:
            before = call.unseal(cursor, created_bound_of, *self.owner())
        return Selection(
            tenant=call.tenant,
            families=(self.family,) if self.family else (),
            workspace=self.workspace,
            statuses=tuple(dict.fromkeys(self.status)),
            kind=self.kind,
            held=self.held,
            since=created_bound(max(0.0, moment(self.from_, "from"))) if self.from_ is not None else None,
            before=before,
        )

    def next_cursor(self, call: RequestContext, after: str | None) -> str | None:
        return call.seal(after, *self.owner()) if after is not None else None

    def owner(self) -> tuple[str, ...]:
        """What a cursor is good for: this filter."""
        return (NAME, self.model_dump_json())
