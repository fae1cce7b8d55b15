"""A short run of the fuzzer; `python -m benchmarks.fuzz` does 10,000 cases."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fuzz import fuzz


def test_mutated_real_files_are_all_accounted_for(jats_data: Path) -> None:
    found = fuzz(jats_data.parent, cases=600, seed=20)
    assert (found["lost"], found["faults"]) == (0, 0)
    assert sum(n for k, n in found.items() if k not in ("cases", "slowest_ms")) == 600
