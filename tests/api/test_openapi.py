import json
import re

from fermata.cli import openapi


def test_the_committed_description_is_the_programs():
    assert openapi.path().read_text(encoding="utf-8") == openapi.text(), "run: make docs"


def test_every_bound_is_one_that_readers_of_the_description_know():
    written = json.dumps(json.loads(openapi.text()))
    assert re.findall(r'"(?:ge|gt|le|lt|multiple_of|min_length|max_length)": [-\d.]+', written) == []
