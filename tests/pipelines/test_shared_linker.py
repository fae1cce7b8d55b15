"""Workers are forked from a process that has the run's linker already."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

# In a process of its own: the process that workers are forked from lives as long as this one.
SCRIPT = """
from pipelines.pool import Job, WorkerPool
from pipelines.recipe import Concepts
from pipelines.shared_linker import announce
from tests.pipelines.pool_jobs import linkers_made

if __name__ == "__main__":
    announce({concepts})
    with WorkerPool(1) as pool:
        print("made:", pool.submit(Job(linkers_made, ())).result(60)["made"])
"""


@pytest.mark.parametrize(
    ("concepts", "made"),
    [("Concepts()", 1), ("None", 0), ('Concepts(vocabulary="nothere.parquet")', 0)],
)
def test_what_was_announced_is_there(concepts: str, made: int) -> None:
    code = SCRIPT.format(concepts=concepts)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == f"made: {made}\n", done.stderr
    assert "Traceback" not in done.stderr
