"""The benchmark of the write stage runs from the examples alone, and its figures hang together."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import write_speed
from tests.conftest import ROOT


def test_it_runs_without_real_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ["--rows", "60", "--case", "captions", "--json", "--data", str(tmp_path / "none")]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["write_speed", *given])
    write_speed.main()
    found = json.loads(capfd.readouterr().out)["captions"]
    assert found["rows"] == 60
    assert found["answers"] > 10
    assert found["peak_mb"] >= found["before_mb"] > 0
    assert sum(found["parts"].values()) == pytest.approx(found["cpu_ms"], rel=0.05)
    assert min(found["parts"]["checks"], found["parts"]["linking"]) > 0


def test_the_ideal_keeps_all_places_taken() -> None:
    one = write_speed.ideal_s(1, (0.2, 2.0))
    assert 0 < one < 10
    many = write_speed.ideal_s(6400, (0.2, 2.0))
    assert 100 * 0.2 < many < 100 * 0.6
