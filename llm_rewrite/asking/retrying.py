"""How long to wait before asking again: exponential with jitter, or as long as the server says."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 60.0


def wait_s(attempt: int, first_s: float) -> float:
    """The wait after failed try number `attempt`, from 0 on: doubled each time, half of it by chance.

    Chance keeps requests that failed together from coming back together.
    """
    whole = min(LONGEST_WAIT_S, first_s * 2.0 ** min(attempt, 30))
    return random.uniform(whole / 2, whole)


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, at most a minute; None where it says nothing.

    RFC 9110, 10.2.3: a number of seconds, or a date.
    """
    text = (header or "").strip()
    if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
        return min(LONGEST_WAIT_S, float(text))
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return min(LONGEST_WAIT_S, max(0.0, seconds))
