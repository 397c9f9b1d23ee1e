from __future__ import annotations

import pytest
from fermata.domain.errors import NotFound

KEY = "tenant=acme/jobs:1/units ü#1"
TEN = b"0123456789"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, None), (3, None), (0, 4), (3, 7), (9, 10), (5, 99), (10, None), (11, None), (11, 20), (4, 4), (0, 0)],
)
def test_any_range_of_a_blob_can_be_read(ports, start, end):
    ports.blobs.put(KEY, TEN)
    assert ports.blobs.get(KEY, start, end) == TEN[start:end]


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 100])
def test_a_blob_comes_back_whole(ports, data):
    ports.blobs.put(KEY, data)
    assert ports.blobs.get(KEY) == data
    assert ports.blobs.open(KEY).read() == data


def test_a_blob_is_replaced(ports):
    ports.blobs.put(KEY, b"old and longer")
    ports.blobs.put(KEY, b"new")
    assert ports.blobs.get(KEY) == b"new"


def test_a_missing_blob_is_not_found(ports):
    for read in (ports.blobs.get, ports.blobs.open, lambda key: ports.blobs.get(key, 3, 3)):
        with pytest.raises(NotFound):
            read("nothing")
    assert not ports.blobs.exists("nothing")


@pytest.mark.parametrize("start", [0, 4, 10, 40])
def test_a_stream_begins_where_asked(ports, start):
    ports.blobs.put(KEY, TEN)
    with ports.blobs.open(KEY, start) as stream:
        assert stream.read(2) + stream.read() == TEN[start:]


def test_a_stream_is_read_by_lines(ports):
    ports.blobs.put(KEY, b'{"a":1}\n' * 3 + b"last")
    with ports.blobs.open(KEY) as stream:
        assert stream.readline() == b'{"a":1}\n'
        assert list(stream) == [b'{"a":1}\n', b'{"a":1}\n', b"last"]


@pytest.mark.parametrize("sizes", [(), (0,), (3, 0, 4), (1 << 20,) * 20, (8 << 20,), (8 << 20, 1)])
def test_a_written_stream_comes_back_whole(ports, sizes):
    parts = [bytes([number]) * size for number, size in enumerate(sizes)]
    assert ports.blobs.write(KEY, iter(parts)) == sum(sizes)
    assert ports.blobs.get(KEY) == b"".join(parts)


@pytest.mark.parametrize("before", [0, 20])
def test_of_a_stream_that_breaks_off_nothing_appears(ports, before):
    def broken():
        for _ in range(before):
            yield bytes(1 << 20)
        raise RuntimeError("the source is gone")

    with pytest.raises(RuntimeError, match="the source is gone"):
        ports.blobs.write(KEY, broken())
    assert not ports.blobs.exists(KEY)


def test_a_blob_exists_once_it_is_there(ports):
    ports.blobs.put(KEY, b"")
    assert ports.blobs.exists(KEY)
    assert not ports.blobs.exists(KEY[:-1])
