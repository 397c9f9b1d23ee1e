from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fermata.adapters.aws.queue import SqsQueue, parse
from fermata.domain.errors import InvalidInput, Unavailable
from fermata.ports import Message

CHUNK = Message("chunk", "acme", "batch:1", chunk=3)


class NoSleep:
    def now(self):
        return 0.0

    def sleep(self, seconds):
        pass


@pytest.fixture
def queue(account):
    return SqsQueue(account.queue, account.dead_letters, account.clients, NoSleep())


def test_25_messages_are_three_requests(queue, sent):
    requests = sent("sqs", "SendMessageBatch")
    queue.send([Message("chunk", "acme", "jobs:1", chunk=number) for number in range(25)])
    assert [len(request["Entries"]) for request in requests] == [10, 10, 5]


def test_the_tenant_is_the_group_so_that_none_holds_up_the_others(queue, sent):
    requests = sent("sqs", "SendMessageBatch")
    queue.send([CHUNK, Message("wake", "t" * 200, "system")], delay=1.2)
    entries = requests[0]["Entries"]
    assert [entry["MessageGroupId"] for entry in entries] == ["acme", "t" * 128]
    assert [entry["DelaySeconds"] for entry in entries] == [2, 2]


def test_a_message_is_short_and_legible(queue, sent):
    requests = sent("sqs", "SendMessageBatch")
    queue.send([CHUNK])
    body = requests[0]["Entries"][0]["MessageBody"]
    assert json.loads(body) == {"task": "chunk", "tenant": "acme", "job_id": "batch:1", "chunk": 3}


def failing(times, sender_fault=False):
    left = [times]

    def handler(parsed, **_):
        if left[0]:
            left[0] -= 1
            lost = parsed["Successful"].pop()
            parsed["Failed"] = [{"Id": lost["Id"], "SenderFault": sender_fault, "Code": "InternalError"}]

    return handler


def test_messages_that_sqs_did_not_take_are_sent_again(queue, hooked, sent):
    hooked("sqs", "after-call.sqs.SendMessageBatch", failing(2))
    requests = sent("sqs", "SendMessageBatch")
    queue.send([Message("chunk", "acme", "jobs:1", chunk=number) for number in range(4)])
    assert [len(request["Entries"]) for request in requests] == [4, 1, 1]


def test_messages_that_sqs_never_takes_are_an_error(queue, hooked):
    hooked("sqs", "after-call.sqs.SendMessageBatch", failing(99))
    with pytest.raises(Unavailable):
        queue.send([CHUNK])


def test_a_message_that_sqs_refuses_is_not_sent_again(queue, hooked, sent):
    hooked("sqs", "after-call.sqs.SendMessageBatch", failing(99, sender_fault=True))
    requests = sent("sqs", "SendMessageBatch")
    with pytest.raises(InvalidInput):
        queue.send([CHUNK])
    assert len(requests) == 1


def record(account):
    """The only message as Lambda would hand it over."""
    answer = account.clients.sqs.receive_message(QueueUrl=account.queue, AttributeNames=["All"], VisibilityTimeout=60)
    (message,) = answer["Messages"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }


def waiting(account):
    attributes = account.clients.sqs.get_queue_attributes(QueueUrl=account.queue, AttributeNames=["All"])["Attributes"]
    return attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]


def test_a_delivery_knows_its_message_and_how_often_it_came(queue, account):
    queue.send([CHUNK])
    first = queue.delivery(record(account))
    assert (first.message, first.count) == (CHUNK, 1)
    first.extend(0)
    again = queue.delivery(record(account))
    assert (again.id, again.count) == (first.id, 2)


def test_a_delivery_can_be_kept_hidden_and_be_given_back(queue, account):
    queue.send([CHUNK])
    delivery = queue.delivery(record(account))
    delivery.extend(0.5)
    assert waiting(account) == ("0", "1")
    delivery.extend(0)
    assert waiting(account) == ("1", "0")


@pytest.mark.parametrize("body", ["", "x", "[]", "null", "{}", '{"task":"chunk"}'])
def test_a_body_that_is_none_of_ours_is_refused(body):
    with pytest.raises(InvalidInput):
        parse(body)


def test_a_member_that_only_a_later_release_knows_is_passed_over():
    assert parse('{"task":"a","tenant":"b","job_id":"c","no":1}') == Message("a", "b", "c")


def test_quick_work_goes_through_a_queue_of_its_own(account):
    url = account.clients.sqs.create_queue(QueueName="express")["QueueUrl"]
    queue = SqsQueue(account.queue, clients=account.clients, express=url)
    queue.send([CHUNK, Message("job", "acme", "jobs:1", express=True)])
    bodies = [m["Body"] for m in account.clients.sqs.receive_message(QueueUrl=url)["Messages"]]
    assert [parse(body).task for body in bodies] == ["job"]
    assert waiting(account) == ("1", "0")


def test_work_for_another_class_of_workers_goes_through_their_queue(account):
    url = account.clients.sqs.create_queue(QueueName="ocr")["QueueUrl"]
    queue = SqsQueue(account.queue, clients=account.clients, classes={"ocr": url})
    queue.send([CHUNK, replace(CHUNK, worker="ocr")])
    assert (queue.backlog(), queue.backlog("ocr")) == (1, 1)
    (message,) = account.clients.sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    record = {"messageId": message["MessageId"], "body": message["Body"], "receiptHandle": message["ReceiptHandle"]}
    queue.delivery(record).extend(60)
    assert waiting(account) == ("1", "0")


def test_work_for_workers_that_there_are_not_is_refused(queue):
    with pytest.raises(InvalidInput, match="no workers of the class 'ocr'"):
        queue.send([replace(CHUNK, worker="ocr")])


def test_a_dead_letter_that_nobody_can_read_is_dropped(queue, account, caplog):
    account.clients.sqs.send_message(QueueUrl=account.dead_letters, MessageBody="???")
    assert list(queue.dead()) == []
    assert "nobody can read" in caplog.text
    account.clients.sqs.send_message(
        QueueUrl=account.dead_letters, MessageBody='{"task":"a","tenant":"b","job_id":"c"}'
    )
    assert list(queue.dead()) == [Message("a", "b", "c")]


def test_a_dead_letter_is_kept_until_the_next_is_asked_for(queue, account):
    SqsQueue(account.dead_letters, clients=account.clients).send([CHUNK])
    letters = queue.dead()
    assert next(letters) == CHUNK
    letters.close()
    url = account.dead_letters
    hidden = account.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert hidden["ApproximateNumberOfMessagesNotVisible"] == "1"


@pytest.mark.parametrize("code", ["InvalidParameterValue", "ReceiptHandleIsInvalid", "ThrottlingException"])
def test_a_message_that_cannot_be_kept_hidden_keeps_nobody_from_its_work(queue, account, refused, caplog, code):
    queue.send([CHUNK])
    delivery = queue.delivery(record(account))
    refused("sqs", "ChangeMessageVisibility", code)
    delivery.extend(8)
    assert "may be delivered again" in caplog.text
