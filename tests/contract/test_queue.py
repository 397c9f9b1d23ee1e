from __future__ import annotations

from collections import Counter

from fermata.ports import Message

CHUNK = Message(
    "chunk", "acme", "batch:1", scopes=("system", "source:s|1"), stage=2, chunk=300, trace="00-4bf9-00f0-01"
)


def test_a_message_arrives_as_it_was_sent(ports):
    messages = [CHUNK, Message("wake", "acme", "source:ü"), Message("plan", "other.tenant-1_x", "jobs:1")]
    ports.queue.send(messages)
    assert Counter(ports.received()) == Counter(messages)


def test_sending_nothing_sends_nothing(ports):
    ports.queue.send([])
    assert ports.received() == []


def test_many_messages_all_arrive(ports):
    messages = [Message("chunk", "acme", "jobs:1", chunk=number) for number in range(25)]
    ports.queue.send(messages)
    assert Counter(ports.received()) == Counter(messages)


def test_the_backlog_is_what_waits(ports):
    assert ports.queue.backlog() == 0
    ports.queue.send([CHUNK, CHUNK])
    assert ports.queue.backlog() == 2
    ports.received()
    assert ports.queue.backlog() == 0


def test_the_depth_of_each_queue_is_what_waits_and_what_is_in_hand(ports):
    ports.queue.send([CHUNK, CHUNK])
    assert {depth.name: (depth.waiting, depth.in_flight) for depth in ports.queue.depths()}["default"] == (2, 0)


def test_a_dead_letter_is_given_once_it_is_dealt_with(ports):
    ports.bury(CHUNK)
    assert list(ports.queue.dead()) == [CHUNK]
    assert list(ports.queue.dead()) == []


def test_dead_letters_are_given_up_to_the_limit(ports):
    letters = [Message("chunk", "acme", "jobs:1", chunk=number) for number in range(12)]
    for letter in letters:
        ports.bury(letter)
    first = list(ports.queue.dead(limit=11))
    assert len(first) == 11
    assert Counter(first + list(ports.queue.dead())) == Counter(letters)


def test_there_may_be_no_dead_letters(ports):
    assert list(ports.queue.dead()) == []
