"""The recipe's SQL beside its rules, checked before any data is there: quotas, mix, stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from filters.options import Balance, Mix
from filters.rules import SCORES, check_condition, check_one_row, empty_samples, sealed
from filters.select.judging import LIST_VALUES


def check_choices(
    balance: Sequence[Balance] = (),
    mix: Mix | None = None,
    curriculum: Mapping[str, str] | None = None,
    hold_out: Mapping[str, str] | None = None,
    scores: Iterable[str] = SCORES,
) -> None:
    """Raise `RuleError`, which names the key, for SQL that is no condition or value of one row."""
    connection = sealed(empty_samples(scores))
    values = {f"balance.{i}.by": quota.by for i, quota in enumerate(balance)}
    values = {key: by for key, by in values.items() if by not in LIST_VALUES}
    if mix:
        values["mix.by"] = mix.by
    for key, expression in values.items():
        check_one_row(connection, key, expression)
    conditions = {f"balance.{i}.where": q.where for i, q in enumerate(balance) if q.where}
    conditions |= {f"curriculum.{name}": sql for name, sql in (curriculum or {}).items()}
    conditions |= {f"hold_out.{name}": sql for name, sql in (hold_out or {}).items()}
    for key, condition in conditions.items():
        check_condition(connection, key, condition)
        check_one_row(connection, key, condition)
