"""The SQL of quotas, mixes and stages is checked before any data is there."""

from __future__ import annotations

import pytest

from filters.options import Balance, Mix
from filters.rules import RuleError, check_rules
from filters.select.choices import check_choices


def test_what_a_recipe_may_say() -> None:
    check_choices(
        [
            Balance(by="modality", most=5),
            Balance(by="concept", most=5),
            Balance(by="label", most=1),
        ],
        Mix(by="source || ' ' || body_part", inverse=0.5),
        {"short": "length(caption) < 300"},
        {"rare": "modality = 'x' AND clip > 0.1"},
        ["clip"],
    )


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"balance": [Balance(by="modalty", most=5)]}, r"balance\.0\.by.*did you mean 'modality'"),
        ({"balance": [Balance(by="unnest(texts)", most=5)]}, r"balance\.0\.by"),
        ({"balance": [Balance(by="source", most=5, where="source")]}, r"balance\.0\.where"),
        ({"mix": Mix(by="random()", inverse=1)}, r"mix\.by"),
        ({"mix": Mix(by="(SELECT 1)", inverse=1)}, r"mix\.by"),
        ({"mix": Mix(by="COLUMNS(*)", inverse=1)}, r"mix\.by"),
        ({"curriculum": {"late": "count(*) > 1"}}, r"curriculum\.late"),
        ({"hold_out": {"odd": "row_number() OVER () > 1"}}, r"hold_out\.odd"),
        ({"hold_out": {"two": "true) AS a, (true"}}, r"hold_out\.two"),
        ({"hold_out": {"files": "(SELECT true FROM 'x.csv')"}}, r"hold_out\.files"),
    ],
)
def test_what_it_may_not(choices: dict, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        check_choices(**choices)


@pytest.mark.parametrize("rule", ["unnest([true, true])", "count(*) > 1", "random() < 0.5"])
def test_a_rule_is_about_one_row(rule: str) -> None:
    with pytest.raises(RuleError, match="odd"):
        check_rules({"odd": rule})
