"""What a job has cost so far."""

from __future__ import annotations

from fermata.api.context import Caller
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.domain.cost import estimate


@FAMILY.query("/{job_id}/cost", response_model=schemas.JobCost, errors=(404,), summary="Estimate what a job costs")
def get_job_cost(call: Caller, job_id: str) -> schemas.JobCost:
    """An estimate, by AWS's public prices (us-east-1, on demand, without free tiers): from the seconds that workers had the job's
    chunks in hand, and from its claims, writes of results and states. What other services charge, a language model for instance,
    and keeping the results afterwards are not in it. It stands still while the job does.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    found = estimate(job, call.engine.ledger.chunks(job.ref), call.services.memory)
    return schemas.JobCost(
        job_id=job.id,
        status=job.status,
        dollars=found.total,
        projected_dollars=found.projected,
        worker_seconds=round(found.seconds, 3),
        services=[schemas.ServiceCost(service=name, dollars=amount) for name, amount in found.services.items()],
    )
