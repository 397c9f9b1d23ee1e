from fermata.cli import openapi


def test_the_committed_description_is_the_programs():
    assert openapi.path().read_text(encoding="utf-8") == openapi.text(), "run: make docs"
