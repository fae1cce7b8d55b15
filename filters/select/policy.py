"""The choices of a recipe's `select:` beside its rules, as the SQL of select takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from filters.options import Balance, DuplicateTexts, KeepOut, Mix, NearDuplicates


@dataclass(frozen=True)
class Policy:
    """The choices of `select:` beside its rules.

    `curriculum` maps training stages to SQL of their rows; `hold_out` names combinations, SQL each,
    whose groups are test.
    """

    no_derivatives: str = "drop"
    non_commercial: str = "keep"
    unknown_licence: str = "drop"
    retracted: str = "drop"
    exact_duplicates: str = "drop"
    val: float = 0.0
    test: float = 0.0
    official: bool = True
    near_duplicates: NearDuplicates | None = None
    duplicate_texts: DuplicateTexts | None = None
    keep_out: Sequence[KeepOut] = ()
    balance: Sequence[Balance] = ()
    mix: Mix | None = None
    curriculum: Mapping[str, str] = field(default_factory=dict)
    hold_out: Mapping[str, str] = field(default_factory=dict)
