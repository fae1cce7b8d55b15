"""Fixtures for tests of whole corpora."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.selection_corpus import build


@pytest.fixture(scope="session")
def selection_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with duplicates, a leak, weights, stages and marks, built once."""
    folder = tmp_path_factory.mktemp("selection")
    build(folder)
    return folder / "corpus"
