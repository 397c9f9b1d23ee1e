from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.adapters.aws import table_keys
from fermata.adapters.aws.codec import Item
from fermata.adapters.aws.log import DynamoLog
from fermata.adapters.aws.store import RETENTION, DynamoStore
from fermata.adapters.aws.table import size
from fermata.adapters.memory.secrets import MemorySecrets
from fermata.domain.errors import NotFound, Stale, Unavailable
from fermata.domain.events import Actor, Event, EventType, Mutation
from fermata.domain.listing import Listing
from fermata.domain.transitions import Status
from fermata.domain.webhooks import Webhook
from fermata.ports import AddAudit, AddEvent, SaveJob, SaveWebhook

ACT = Mutation(Actor("acme", "ann"), "batch.pause", "batch:1", 1_700_000_000.5)


class FixedClock:
    def now(self):
        return 1_700_000_000.75

    def sleep(self, seconds):
        pass


@pytest.fixture
def store(account):
    return DynamoStore(account.table, account.clients, FixedClock(), key_of=MemorySecrets().key)


@pytest.fixture
def log(account):
    return DynamoLog(account.table, account.clients)


def test_one_change_is_no_transaction(store, sent, job):
    single, several = sent("dynamodb", "PutItem"), sent("dynamodb", "TransactWriteItems")
    store.write(SaveJob(job))
    assert (len(single), len(several)) == (1, 0)
    store.write(SaveJob(replace(job, rev=2)), AddEvent(job.ref, Event(1, EventType.PAUSED, 1.0, "paused")))
    assert (len(single), len(several)) == (1, 1)


def test_a_pause_costs_six_write_units(store, sent, job):
    store.write(SaveJob(job))
    requests = sent("dynamodb", "TransactWriteItems")
    paused = replace(job, rev=2, status=Status.PAUSED, checkpoint="unit")
    store.write(SaveJob(paused), AddEvent(job.ref, Event(1, EventType.PAUSED, 1.0, "paused")), AddAudit(ACT))
    items: list[Item] = [each["Put"]["Item"] for each in requests[0]["TransactItems"]]
    assert sum(2 * -(-size(item) // 1024) for item in items) <= 6


def test_a_jobs_items_expire_after_the_retention_and_the_audit_trail_never(store, account, job):
    store.write(SaveJob(job), AddEvent(job.ref, Event(1, EventType.CREATED, 1.0, "pending")), AddAudit(ACT))
    items = account.clients.dynamodb.scan(TableName=account.table)["Items"]
    expiry = {item["sk"]["S"].partition("#")[0]: item.get("expires") for item in items}
    last = {"N": str(int(FixedClock().now() + RETENTION))}
    assert expiry == {"job": last, "event": last, "audit": None}


@pytest.mark.parametrize(
    ("id_", "deleted_at", "expires"),
    [("wh-1", None, False), ("notify", None, False), ("url-1", None, True), ("wh-1", 5.0, True)],
)
def test_a_receiver_with_a_secret_stays_until_it_is_deleted(store, account, id_, deleted_at, expires):
    made = Webhook(tenant="acme", id=id_, name="", url="", user="ann", created_at=0.0, deleted_at=deleted_at, rev=1)
    store.write(SaveWebhook(made))
    (item,) = account.clients.dynamodb.scan(TableName=account.table)["Items"]
    assert ("expires" in item) is expires


def rival(store, changes, times):
    """Writes something each time a transaction is about to be sent, as another process would."""
    left = list(range(times))

    def handler(**_):
        if left:
            number = left.pop()
            store.write(*changes(number))

    return handler


def test_an_audit_record_that_lost_the_race_goes_behind_the_winner(store, log, hooked, job):
    acts = lambda number: [AddAudit(replace(ACT, action=f"rival.{number}"))]  # noqa: E731
    hooked("dynamodb", "before-parameter-build.dynamodb.TransactWriteItems", rival(store, acts, 3))
    store.write(SaveJob(job), AddAudit(ACT))
    chain = log.audit("acme")
    assert [record.number for record in chain] == [1, 2, 3, 4]
    assert all(record.intact(MemorySecrets().key) for record in chain)
    assert [record.previous for record in chain[1:]] == [record.hash for record in chain[:-1]]
    assert chain[-1].act.action == "batch.pause"
    assert store.job(job.ref) == job


def test_a_job_that_lost_the_race_is_stale_and_leaves_no_audit_record(store, log, hooked, sent, job):
    store.write(SaveJob(job))
    winner = replace(job, rev=2, user="winner")
    changes = lambda number: [SaveJob(winner)]  # noqa: E731
    hooked("dynamodb", "before-parameter-build.dynamodb.TransactWriteItems", rival(store, changes, 1))
    requests = sent("dynamodb", "TransactWriteItems")
    with pytest.raises(Stale):
        store.write(SaveJob(replace(job, rev=2)), AddAudit(ACT))
    assert len(requests) == 1
    assert store.job(job.ref) == winner
    assert log.audit("acme") == []


def test_a_list_fills_its_page_although_its_index_lags(store, account, job):
    jobs = [replace(job, id=f"batch:{number}", created_at=1_700_000_000.0 + number) for number in range(6)]
    for each in jobs:
        store.write(SaveJob(each))
    table = account.clients.dynamodb
    for number in (5, 3):  # the index still says that these are pending; the items know better
        key = table_keys.job(jobs[number].ref)
        document = {":doc": {"S": '{"tenant":"acme","id":"x","family":"batch","kind":"k","workspace":"w","user":"u",'
                             '"created_at":1.0,"status":"cancelled"}'}}  # fmt: skip
        table.update_item(
            TableName=account.table, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
            UpdateExpression="SET doc = :doc", ExpressionAttributeValues=document,
        )  # fmt: skip
    listed = store.jobs(Listing("acme", families=("batch",), statuses=(Status.PENDING,), limit=3))
    assert [each.id for each in listed] == ["batch:4", "batch:2", "batch:1"]


def test_a_list_is_one_query_and_one_batch_read(store, sent, job):
    for number in range(5):
        store.write(SaveJob(replace(job, id=f"batch:{number}")))
    queries, reads = sent("dynamodb", "Query"), sent("dynamodb", "BatchGetItem")
    assert len(store.jobs(Listing("acme", families=("batch",), limit=4))) == 4
    assert (len(queries), len(reads)) == (1, 1)


class Anchors:
    """Heads that are kept; None in ``error``: as they are given."""

    def __init__(self, taken=False, error=None):
        self.taken, self.error, self.kept = taken, error, []

    def put(self, tenant, head, *, refused):
        if self.error is not None:
            raise self.error
        self.kept.append((tenant, head.number, refused))
        return not self.taken


@pytest.fixture
def anchored(account):
    def make(anchors):
        return DynamoStore(account.table, account.clients, FixedClock(), key_of=MemorySecrets().key, anchors=anchors)

    return make


def test_the_head_is_kept_with_every_record_since_one_could_be_replaced_unseen_until_then(anchored):
    anchors = Anchors()
    store = anchored(anchors)
    for act in (ACT, ACT, ACT.refused("no")):
        store.write(AddAudit(act))
    assert anchors.kept == [("acme", 1, False), ("acme", 2, False), ("acme", 1, True)]


@pytest.mark.parametrize("anchors", [Anchors(taken=True), Anchors(error=Unavailable("S3 is busy"))])
def test_a_head_that_is_not_kept_is_in_the_log_and_the_act_is_done(anchored, log, caplog, anchors):
    anchored(anchors).write(AddAudit(ACT))
    (record,) = log.audit("acme")
    (line,) = (line for line in caplog.records if line.levelname == "ERROR")
    assert (line.tenant, line.number, line.hash) == ("acme", 1, record.hash)


THROTTLED = ', "CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}]'


def test_a_transaction_that_a_hot_partition_refuses_for_a_moment_is_not_noticed(store, refused, job):
    times = refused("dynamodb", "TransactWriteItems", "TransactionCanceledException", 3, THROTTLED)
    store.write(SaveJob(job), AddEvent(job.ref, Event(1, EventType.CREATED, 1.0, "pending")))
    assert (len(times), store.job(job.ref)) == (3, job)


def test_a_transaction_that_is_refused_for_long_is_unavailable_and_wrote_nothing(store, refused, job):
    refused("dynamodb", "TransactWriteItems", "TransactionCanceledException", more=THROTTLED)
    with pytest.raises(Unavailable):
        store.write(SaveJob(job), AddEvent(job.ref, Event(1, EventType.CREATED, 1.0, "pending")))
    with pytest.raises(NotFound):
        store.job(job.ref)


def test_what_is_due_comes_in_another_order_each_time_so_that_none_is_always_last(store, job):
    for number in range(12):
        store.write(SaveJob(replace(job, id=f"batch:{number}")))
    orders = {tuple(store.due(FixedClock().now())) for _ in range(40)}
    assert len({order[0] for order in orders}) > 1
    assert len({frozenset(order) for order in orders}) == 1
