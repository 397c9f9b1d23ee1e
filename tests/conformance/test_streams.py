import pytest
from fermata_conformance.check import Mismatch
from fermata_conformance.streams import Frame, parsed


def test_events_are_read_as_a_browser_reads_them():
    text = (
        'retry: 1000\n\n: still here\n\nid: 7\nevent: done\ndata: {"a":\ndata: 1}\n\ndata:[2]\n\nid: 9\n\ndata: "lost"'
    )
    assert list(parsed([text.encode()])) == [Frame("done", "7", {"a": 1}), Frame("message", None, [2])]


def test_data_that_is_no_json_is_a_difference():
    with pytest.raises(Mismatch, match="no JSON: hello"):
        list(parsed([b"data: hello\n\n"]))
