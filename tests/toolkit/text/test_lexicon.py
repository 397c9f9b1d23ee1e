from __future__ import annotations

from fermata.toolkit.text.lexicon import Synonym, synonyms


def test_the_most_usual_meaning_comes_first() -> None:
    found = synonyms("soil")
    assert found is not None
    assert (found[0].sense, found[0].term) == (1, "dirt")
    assert Synonym("land", 3) in found
    assert [synonym.sense for synonym in found] == sorted(synonym.sense for synonym in found)


def test_phrases_and_plurals_are_known() -> None:
    assert synonyms("Neural  Network") == (Synonym("neural net", 1),)
    assert synonyms("lighthouses") == synonyms("lighthouse")


def test_what_it_has_without_another_word_is_told_from_what_it_lacks() -> None:
    assert (synonyms("glacier"), synonyms("xylozzz"), synonyms("")) == ((), None, None)
