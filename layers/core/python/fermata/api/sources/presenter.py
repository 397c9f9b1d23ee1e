"""Sources as this family shows them."""

from __future__ import annotations

from fermata.api.context import RequestContext
from fermata.api.formatting import naive_time
from fermata.api.sources.schemas import (
    Source,
)
from fermata.content.model import SourceState


def shown(call: RequestContext, standing: SourceState) -> Source:
    source, hold = standing.source, standing.hold(call.engine.clock.now())
    return Source(
        source_id=source.id,
        title=source.title,
        uri=source.uri,
        workspace_id=source.workspace,
        status=standing.status(_stages(call, standing)),  # type: ignore[arg-type]
        paused=hold is not None,
        paused_at=naive_time(hold.since) if hold else None,
        reason=hold.reason if hold else None,
        error=standing.job.error if standing.job else None,
        job_id=source.job.id,
        created_at=naive_time(source.created_at),
    )


def _stages(call: RequestContext, standing: SourceState) -> tuple[str, ...]:
    """Names of the stages; a job that is over, or not begun, is told without loading its kind."""
    job = standing.job
    if job is None or job.status.final or job.started_at is None:
        return ()
    if job.stages[0].name:
        return tuple(plan.name for plan in job.stages)
    return tuple(stage.name for stage in call.engine.kind(job.kind).stages)
