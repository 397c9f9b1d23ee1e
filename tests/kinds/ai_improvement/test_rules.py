from __future__ import annotations

import pytest
from fermata.kinds.ai_improvement.rules import RULES, tidied


@pytest.mark.parametrize(
    ("rule", "field", "before", "after"),
    [
        ("encoding", "", "schÃ¶n â€“ cafÃ©", "schön – café"),
        ("encoding", "", "Tom &amp; “Jerry” ﬁne", "Tom & “Jerry” fine"),
        ("encoding", "", "Łódź, 東京, ЖЗЛ", "Łódź, 東京, ЖЗЛ"),
        ("whitespace", "", "  a \u00a0 b ,\tc\r\n\r\n\r\n\r\nd .  ", "a b, c\n\nd."),
        ("whitespace", "", "it is .5 wide", "it is .5 wide"),
        (
            "repeats",
            "",
            "We sell honey in jars. It rained. We sell honey in jars.",
            "We sell honey in jars. It rained.",
        ),
        ("repeats", "", "No. No. No.", "No. No. No."),
        ("repeats", "", "One line of text here\nOne line of text here\nend", "One line of text here\nend"),
        ("case", "name", "ANNA VAN DER BERG", "Anna van der Berg"),
        ("case", "city", "cádiz", "Cádiz"),
        ("case", "surname", "o'neil-smith", "O'Neil-Smith"),
        ("case", "title", "THE YIELD OF ORCHARDS", "The Yield of Orchards"),
        (
            "case",
            "note",
            "CALL AT NOON. ASK FOR THE NEW LIST OF PRICES.",
            "Call at noon. Ask for the new list of prices.",
        ),
        ("case", "note", "all in small letters", "all in small letters"),
        ("case", "code", "ABC-12", "ABC-12"),
        ("case", "filename", "report.txt", "report.txt"),
        ("dates", "", "31.12.2024", "2024-12-31"),
        ("dates", "", "2024/2/3", "2024-02-03"),
        ("dates", "", "March 3rd, 2021", "2021-03-03"),
        ("dates", "", "3. März 2021", "2021-03-03"),
        ("dates", "", "1 de enero de 2020", "2020-01-01"),
        ("dates", "", "12/31/2024", "2024-12-31"),
        ("dates", "", "03/04/2022", "03/04/2022"),
        ("dates", "", "31.02.2024", "31.02.2024"),
        ("dates", "", "1.2.3", "1.2.3"),
        ("dates", "", "in March 2021", "in March 2021"),
    ],
)
def test_a_rule_changes_what_it_is_for_and_nothing_else(rule: str, field: str, before: str, after: str) -> None:
    assert tidied(before, field, [rule], None)[0] == after
    assert RULES[rule](after, field, None) == after


@pytest.mark.parametrize(("order", "after"), [("dmy", "2022-04-03"), ("mdy", "2022-03-04")])
def test_a_date_that_can_be_read_in_two_ways_is_read_as_told(order: str, after: str) -> None:
    assert tidied("03/04/2022", "since", ["dates"], order) == (after, ["dates"])


def test_rules_read_what_those_before_them_have_put_right() -> None:
    assert tidied(" KÃ–LN AM RHEIN ", "city", list(RULES), None) == (
        "Köln Am Rhein",
        ["encoding", "whitespace", "case"],
    )
