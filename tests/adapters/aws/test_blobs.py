from __future__ import annotations

from urllib.request import Request

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from fermata.adapters.aws.blobs import PART, S3Blobs
from fermata.domain.errors import Unavailable


@pytest.fixture
def blobs(account):
    return S3Blobs(account.bucket, account.clients)


def uploads(account):
    return account.clients.s3.list_multipart_uploads(Bucket=account.bucket).get("Uploads", [])


def test_a_small_stream_is_one_request(blobs, sent):
    requests = sent("s3", "CreateMultipartUpload")
    blobs.write("key", [b"a", b"b"])
    assert requests == []


def test_a_long_stream_is_never_whole_in_memory(blobs, account, sent):
    requests = sent("s3", "UploadPart")
    assert blobs.write("key", (bytes(1 << 20) for _ in range(20))) == 20 << 20
    assert [len(request["Body"]) for request in requests] == [PART, PART, 4 << 20]
    assert uploads(account) == []


def test_a_stream_that_breaks_off_leaves_no_paid_parts_behind(blobs, account):
    def broken():
        yield bytes(PART + 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        blobs.write("key", broken())
    assert uploads(account) == []


def test_a_link_reads_the_blob_for_a_while(blobs, account):
    link = Request(blobs.link("folder/a b", 600))
    assert f"{account.bucket}" in link.full_url
    assert "/folder/a%20b?" in link.full_url
    assert "X-Amz-Expires=600" in link.full_url


def test_a_stream_that_s3_cuts_off_goes_on_where_it_stopped(blobs, monkeypatch):
    data = bytes(range(256)) * 4096
    blobs.put("key", data)
    whole, cut = StreamingBody.read, [3]

    def read(body, amt=None):
        cut[0] -= 1
        if cut[0] == 0:
            raise ReadTimeoutError(endpoint_url="s3")
        return whole(body, amt)

    monkeypatch.setattr(StreamingBody, "read", read)
    assert blobs.open("key", 10).read() == data[10:]
    assert cut[0] < 0


def test_a_stream_that_is_cut_off_again_and_again_is_unavailable(blobs, monkeypatch):
    blobs.put("key", b"data")

    def read(body, amt=None):
        raise ReadTimeoutError(endpoint_url="s3")

    monkeypatch.setattr(StreamingBody, "read", read)
    with pytest.raises(Unavailable):
        blobs.open("key").read()
