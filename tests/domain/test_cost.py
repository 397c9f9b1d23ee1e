from __future__ import annotations

import pytest
from fermata.domain.chunks import Chunk
from fermata.domain.cost import estimate
from fermata.domain.jobs import Job, StagePlan
from fermata.domain.prices import PRICES
from fermata.domain.ranges import Ranges


def job(*stages: StagePlan, **facts: object) -> Job:
    return Job(
        tenant="acme", id="jobs:1", family="jobs", kind="k", workspace="w", user="ann", created_at=0.0,
        stages=stages or (StagePlan(units=20, chunks=2, complete=True),), **facts,  # type: ignore[arg-type]
    )  # fmt: skip


def chunk(number: int = 0, busy: float = 10.0, **facts: object) -> Chunk:
    place = (0, number, number * 10, 10, "units", 0, 0)
    return Chunk(*place, **{"todo": Ranges(), "attempt": 1, "segments": ((1, 3),), "busy": busy, "rev": 6} | facts)  # type: ignore[arg-type]


MEMORY = {"default": 1024}


def test_a_second_of_a_worker_costs_its_memory_and_what_it_asks_meanwhile():
    one, two = (estimate(job(), [chunk(busy=busy)], MEMORY) for busy in (10.0, 11.0))
    assert two.services["Lambda"] - one.services["Lambda"] == pytest.approx(PRICES["Lambda GB-seconds"])
    assert two.services["DynamoDB"] > one.services["DynamoDB"]
    assert two.seconds == 11.0


def test_workers_of_a_class_cost_their_own_memory():
    ocr = job(StagePlan(units=10, chunks=1, complete=True, worker="ocr"))
    small = estimate(ocr, [chunk()], {"default": 1024})
    large = estimate(ocr, [chunk()], {"default": 1024, "ocr": 2048})
    assert large.services["Lambda"] - small.services["Lambda"] == pytest.approx(10 * PRICES["Lambda GB-seconds"])


def test_the_rest_is_projected_from_what_is_settled():
    half = [chunk(), chunk(1, busy=0.0, todo=Ranges.span(10, 20), attempt=0, segments=(), rev=0)]
    whole = [chunk(), chunk(1)]
    found = estimate(job(), half, MEMORY).projected
    assert found == pytest.approx(estimate(job(), whole, MEMORY).total)


@pytest.mark.parametrize(
    "stages, chunks",
    [((StagePlan(units=20, chunks=2),), [chunk()]), ((), [chunk(todo=Ranges.span(0, 10))])],
    ids=["planning", "nothing settled"],
)
def test_nothing_is_projected_before_it_can_be(stages, chunks):
    assert estimate(job(*stages), chunks, MEMORY).projected is None


def test_services_come_by_price_and_are_no_prices_of_keeping():
    services = estimate(job(), [chunk(busy=100.0)], MEMORY).services
    assert next(iter(services)) == "Lambda"
    assert list(services.values()) == sorted(services.values(), reverse=True)
    assert set(services) <= {"Lambda", "DynamoDB", "SQS", "Step Functions", "S3", "KMS", "HTTP API", "CloudWatch"}


def test_results_that_fill_no_item_cost_an_object_and_its_reading():
    few, many = (estimate(job(), [chunk(segments=((1, count),))], MEMORY) for count in (2, 1))
    assert few.services["S3"] == many.services["S3"]
    large = Chunk(0, 0, 0, 250, "units", 0, 0, todo=Ranges(), attempt=1, segments=((1, 4),), busy=10.0, rev=6)
    more = estimate(job(), [large], MEMORY).services["S3"] - few.services["S3"]
    assert more == pytest.approx(4 * (PRICES["S3 writes"] + PRICES["S3 reads"]))


def test_parameters_that_are_kept_apart_cost_by_their_size():
    plain, padded = (estimate(job(params={"text": "x" * size}), [chunk()], MEMORY) for size in (100, 102_400))
    more = padded.services["DynamoDB"] - plain.services["DynamoDB"]
    assert more == pytest.approx(200 * (PRICES["DynamoDB write units"] + PRICES["DynamoDB read units"]), rel=0.01)


@pytest.mark.parametrize(
    ("units", "chunks", "revs", "segments", "busy", "bill"),
    [(1_000, 4, 12, 4, 11.2, 0.1845), (10_000, 40, 120, 40, 114.0, 0.0803), (100_000, 180, 828, 554, 1154.9, 0.0716)],
)
def test_the_estimate_is_near_what_the_bench_was_billed(units, chunks, revs, segments, busy, bill):
    """Of jobs of 10 ms at 128 MB, in dollars for a million units, without keeping: `python -m bench cost`."""
    known = [
        Chunk(
            *(0, number, 0, units // chunks, "units", 0, 0),
            todo=Ranges(),
            attempt=1,
            segments=((1, segments // chunks + (number < segments % chunks)),),
            busy=busy / chunks,
            rev=revs // chunks + (number < revs % chunks),
        )
        for number in range(chunks)
    ]
    found = estimate(job(StagePlan(units=units, chunks=chunks, complete=True)), known, {"default": 128})
    assert found.total * 1_000_000 / units == pytest.approx(bill, rel=0.1)
