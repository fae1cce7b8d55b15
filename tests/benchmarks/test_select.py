"""Select decides as a plain Python implementation does, with all features on."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.select import checked, differences, made_rows, measured
from benchmarks.select_rows import EVALUATION, make_rows
from pipelines.storage import Store

_ROWS = 1_200


def _policies(folder: str) -> dict[str, dict]:
    evaluation = os.path.join(folder, EVALUATION)
    return {
        "as benchmarked": {"near_duplicates": {"hamming": 6, "embedding": 0.97}},
        "marked, not dropped": {
            "near_duplicates": {"hamming": 6, "then": "mark"},
            "duplicate_texts": {"then": "mark", "jaccard": 0.6},
            "split": {"val": 0.3, "test": 0.3},
        },
        "by article": {
            "near_duplicates": {"hamming": 5, "mirror": False},
            "exact_duplicates": "keep",
            "keep_out": [
                {"path": evaluation, "name": "a", "scope": "article", "text": 0.5},
                {"path": evaluation, "name": "b", "hamming": 2, "rotate": False, "text": None},
            ],
            "mix": {"by": "modality", "shares": {"endoscopy": 0.5, "radiology__ct": 0.2}},
            "balance": [{"by": "label", "most": 4}],
        },
    }


_EXPECTED = {
    "as benchmarked": {"near_duplicate", "duplicate", "duplicate_text", "keep_out", "balance"},
    "marked, not dropped": {"duplicate", "keep_out"},
    "by article": {"near_duplicate", "duplicate_text", "keep_out", "balance"},
}


@pytest.mark.parametrize("name", _EXPECTED)
def test_decisions_are_those_of_plain_python(tmp_path: Path, name: str) -> None:
    folder = str(tmp_path)
    different, plain = checked(folder, _ROWS, planted=6, **_policies(folder)[name])
    assert different == []
    reasons = Counter(reason for row in plain for _, reason, _ in row.drops)
    assert _EXPECTED[name] <= set(reasons), "each of these must have happened, or nothing is tested"
    assert sum(bool(row.duplicate_of) for row in plain) > 20
    assert len({row.split for row in plain if row.kept}) == 3
    # The comparison itself would notice.
    plain[len(plain) // 2].split = "nowhere"
    plain[3].drops = [("select", "nothing", "")]
    parts = 1 + max(row.partition for row in plain)
    assert differences(Store(folder), parts, plain)


def test_figures_of_a_small_run(tmp_path: Path) -> None:
    make_rows(str(tmp_path), replace(made_rows(400, False), evaluation=50), 1)
    found = measured(str(tmp_path), 400, False)
    assert found["rows"] == 400
    assert 0 < found["kept"] < 400
    assert found["seconds"] > 0
    assert found["peak_mb"] > 50
