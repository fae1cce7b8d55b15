"""How many requests a server gets at once: as many as it bears, found by trying.

Additive increase, multiplicative decrease (Chiu and Jain 1989, as in TCP). It starts at the most
that is allowed, since a server that queues, as vLLM does, is at its best there; a server that says
it is overloaded (429, 503, 529, no answer in time) halves it, and each answer lets it grow by its
share of one, so that a whole limit's worth of answers adds one. Requests that were under way when
the limit was cut say nothing new about it: only one sent after the last cut can cut it again.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Pace:
    """A limit on what is under way, first come first served; for one event loop.

    `limit` lies between 1 and `most`.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.limit = float(most)
        self.under_way = 0
        self._cuts = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self) -> int:
        """Wait for a place. The number is to be given to `overloaded`; `leave` gives it back."""
        if self._waiting or not self._is_free():
            place = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            self._let_in()  # sets the alarm of a pause
            try:
                await place
            except asyncio.CancelledError:
                if not place.cancelled():
                    self.leave()  # it had its place already
                raise
        else:
            self.under_way += 1
        return self._cuts

    def leave(self) -> None:
        """Give the place back, to who has waited longest."""
        self.under_way -= 1
        self._let_in()

    def answered(self) -> None:
        """An answer came: the limit grows by its share of one."""
        self.limit = min(self._most, self.limit + 1 / self.limit)

    def overloaded(self, entered: int) -> None:
        """The server did not bear a request that was let in with this number."""
        if entered == self._cuts:
            self._cuts += 1
            self.limit = max(1.0, self.limit / 2)

    def pause(self, seconds: float) -> None:
        """Let nobody in for so long, as the server's Retry-After asks."""
        now = asyncio.get_running_loop().time()
        self._paused_until = max(self._paused_until, now + seconds)

    def _is_free(self) -> bool:
        # int() of 63.9 is 63: a limit is reached only when it is whole
        return self.under_way < int(self.limit + 1e-9) and not self._pause_left()

    def _pause_left(self) -> float:
        if not self._paused_until:
            return 0.0
        left = self._paused_until - asyncio.get_running_loop().time()
        if left <= 0:
            self._paused_until = 0.0
        return max(0.0, left)

    def _let_in(self) -> None:
        if self._waiting and (left := self._pause_left()):
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(left, self._wake)
            return
        while self._waiting and self._is_free():
            place = self._waiting.popleft()
            if not place.done():
                self.under_way += 1
                place.set_result(None)

    def _wake(self) -> None:
        self._timer = None
        self._let_in()
