"""`--relist` over a labelled dataset that changes: what is new comes, what is old stays, marked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.corpus import open_corpus
from pipelines.recipe_file import check_recipe
from pipelines.run import RunOptions, run
from pipelines.verify import verify
from schemas.manifest import samples_from_table
from schemas.sample import Sample

CARD = """
name: films
title: Films
family: tables
licence: CC0-1.0
labels:
  effusion: {name: EFFUSION, kind: finding}
  clear: {name: no finding, kind: normal}
reading: {image: image, images: images, class: {column: finding}, group: patient}
"""
ROWS = [(f"f{n}.png", f"p{n}", "effusion" if n % 2 else "clear") for n in range(8)]


def _draw(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (48, 64), dtype=np.uint8)
    Image.fromarray(noise).save(path)


class Films:
    """A dataset of eight films with a table, a card and the corpus made of it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.card, self.out = folder / "data", folder / "films.yaml", folder / "corpus"
        self.rows = list(ROWS)
        for number, (name, *_) in enumerate(self.rows):
            _draw(self.root / "images" / name, number)
        self.card.write_text(CARD.replace("EFFUSION", "pleural effusion"))
        self.write_table()

    def write_table(self) -> None:
        lines = ["image,patient,finding", *(",".join(row) for row in self.rows)]
        (self.root / "films.csv").write_text("\n".join(lines) + "\n")

    def build(self, again: bool = False) -> dict[str, Sample]:
        """Run, verify, and the rows by id."""
        source = {"labelled": {"dataset": str(self.card), "root": str(self.root)}}
        recipe = check_recipe(
            {"name": "films", "sources": [source], "run": {"documents_per_partition": 3}}
        )
        run(recipe, str(self.out), RunOptions(1, list_again=again, say=lambda _: None))
        corpus = open_corpus(str(self.out))
        assert list(verify(corpus)) == []
        parts = [f"manifest/part-{p:05d}.parquet" for p in range(corpus.partitions)]
        rows = [s for part in parts for s in samples_from_table(corpus.store.read_table(part))]
        assert len({row.sample_id for row in rows}) == len(rows)
        return {row.sample_id: row for row in rows}

    def state(self) -> dict[str, tuple[bytes, int]]:
        """Bytes and times of the partitions that list and extract have written."""
        parts = [p for s in ("list", "extract") for p in (self.out / "stages" / s).rglob("part-*")]
        return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in parts}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Films:
    films = Films(tmp_path_factory.mktemp("first"))
    films.build()
    return films


@pytest.fixture
def films(first: Films, tmp_path: Path) -> Films:
    """The dataset and its corpus at the same paths as `first` has them, whole again after."""
    saved = shutil.copytree(first.root.parent, tmp_path / "saved")
    first.rows = list(ROWS)
    yield first
    shutil.rmtree(first.root.parent)
    shutil.copytree(saved, first.root.parent)


def _marks(row: Sample) -> list[str]:
    return [drop.reason for drop in row.drops if drop.stage == "list"]


def _unchanged(before: dict, after: dict) -> bool:
    return all(after[name] == state for name, state in before.items())


def test_nothing_new_changes_nothing(films: Films) -> None:
    before, rows = films.state(), films.build()
    assert films.build(again=True) == rows
    assert films.state() == before
    assert sorted(rows) == [f"films/f{n}" for n in range(8)]
    assert all(row.kept for row in rows.values())


def test_a_picture_that_is_added_is_one_row_more(films: Films) -> None:
    before, rows = films.state(), films.build()
    _draw(films.root / "images/f8.png", 8)
    films.rows.append(("f8.png", "p8", "clear"))
    films.write_table()
    after = films.build(again=True)
    assert set(after) - set(rows) == {"films/f8"}
    assert after["films/f8"].kept
    assert {name: after[name].drops for name in rows} == {name: [] for name in rows}
    assert _unchanged(before, films.state())


def test_a_changed_label_is_in_the_corpus_once(films: Films) -> None:
    before, rows = films.state(), films.build()
    films.rows[0] = ("f0.png", "p0", "effusion")
    films.write_table()
    after = films.build(again=True)
    (new,) = set(after) - set(rows)
    assert new.startswith("films/f0~p")
    assert after[new].kept
    assert [lb.name for lb in after[new].labels if lb.value == "present"] == ["pleural effusion"]
    assert after[new].group_id == after["films/f0"].group_id
    assert _marks(after["films/f0"]) == ["changed"]
    assert sum(row.kept for row in after.values()) == 8
    assert _unchanged(before, films.state())
    assert films.build(again=True) == after


def test_a_changed_picture_is_in_the_corpus_once(films: Films) -> None:
    before, rows = films.state(), films.build()
    _draw(films.root / "images/f1.png", 100)
    os.utime(films.root / "images/f1.png", (0, 0))
    after = films.build(again=True)
    (new,) = set(after) - set(rows)
    assert after[new].kept
    assert after[new].images[0].sha256 != rows["films/f1"].images[0].sha256
    assert _marks(after["films/f1"]) == ["changed"]
    assert _unchanged(before, films.state())


def test_a_picture_that_goes_away_with_its_row_is_withdrawn(films: Films) -> None:
    before, rows = films.state(), films.build()
    (films.root / "images/f2.png").unlink()
    del films.rows[2]
    films.write_table()
    after = films.build(again=True)
    assert set(after) == set(rows)
    assert _marks(after["films/f2"]) == ["withdrawn"]
    assert sum(row.kept for row in after.values()) == 7
    assert _unchanged(before, films.state())


def test_a_picture_that_goes_away_alone_is_missing(films: Films) -> None:
    rows = films.build()
    (films.root / "images/f2.png").unlink()
    after = films.build(again=True)
    (new,) = set(after) - set(rows)
    assert _marks(after[new]) == ["image_missing"]
    assert not any(row.kept for name, row in after.items() if name.startswith("films/f2"))
    assert sum(row.kept for row in after.values()) == 7


def test_a_changed_card_makes_words_anew_and_no_row_twice(films: Films) -> None:
    rows = films.build()
    films.card.write_text(CARD.replace("EFFUSION", "fluid in the chest"))
    after = films.build()  # without --relist: the card is a part of the recipe
    assert set(after) == set(rows)
    assert all(row.kept for row in after.values())
    captions = {row.caption for row in after.values()}
    assert not any("effusion" in caption for caption in captions)
    assert any("fluid in the chest" in caption for caption in captions)


def test_a_card_that_changes_what_is_listed_leaves_old_rows_marked(films: Films) -> None:
    rows = films.build()
    exclusive = CARD.replace("EFFUSION", "pleural effusion") + "unlisted: absent\n"
    films.card.write_text(exclusive)
    after = films.build()
    kept = [row for row in after.values() if row.kept]
    assert len(kept) == 8
    changed = {name for name in rows if _marks(after[name]) == ["changed"]}
    assert len(after) == len(rows) + len(changed)
    present = [r for r in kept if any(lb.name == "pleural effusion" for lb in r.labels)]
    assert all(len(row.labels) == 2 for row in present)
