"""What every source of articles lets the user choose."""

from __future__ import annotations

import datetime

from pydantic import ConfigDict, Field, field_validator

from schemas.licence import KNOWN_CODES, canonical_code
from schemas.options import Options


class Dates(Options):
    """Publication dates, both ends included."""

    first: datetime.date | None = Field(None, alias="from")
    last: datetime.date | None = Field(None, alias="to")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def contain(self, date: str) -> bool:
        """Whether an ISO date of any precision lies within; an unknown date does not."""
        if not date:
            return False
        first = self.first.isoformat()[: len(date)] if self.first else ""
        last = self.last.isoformat()[: len(date)] if self.last else "9999"
        return first <= date <= last


class ArticleOptions(Options):
    """Which articles are taken, and how large their pictures may be (0: as they are)."""

    licences: list[str] | None = None
    dates: Dates | None = None
    article_types: list[str] | None = None
    max_side: int = Field(0, ge=0)

    @field_validator("licences")
    @classmethod
    def _known_licences(cls, codes: list[str] | None) -> list[str] | None:
        for code in codes or []:
            if canonical_code(code) not in KNOWN_CODES:
                raise ValueError(f"{code!r} is no licence code; known are {', '.join(KNOWN_CODES)}")
        return [canonical_code(code) for code in codes] if codes is not None else None
