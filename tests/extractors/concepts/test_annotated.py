"""Readers of annotated texts, on small texts of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.concepts.annotated import read_annotated, read_bio, read_pubtator
from extractors.concepts.learning import Annotated

BIO = (
    "A\tO\nrenal\tB-C0000001\ncyst\tI-C0000001\nand\tO\nfever\tB-C0000002\nrash\tB-C0000003\n"
    "\n\n.\tI-C0000009\nCough\tB-C0000004\n"
)
PUBTATOR = (
    "7|t|On fever|cold\n7|a|Fever and gout.\n"
    "7\t3\t8\tfever\tDisease\tD005334\n7\t14\t19\tFever\tDisease\tOMIM:1|D2\n"
    "7\t24\t28\tgout\tDisease\t-1\n7\tCID\tD1\tD2\n\n"
    "8|t|\n8|a|Gout.\n8\t1\t5\tGout\tT047\tC0018099\n8\t1\t5\tGout\tT047\tD3+D4\n"
)


def write(folder: Path, text: str) -> Path:
    path = folder / "texts.txt"
    path.write_text(text, encoding="utf-8")
    return path


def covered(text: Annotated) -> list[tuple[str, str]]:
    return [(text.text[start:end], cui) for start, end, cui in text.links]


def test_bio(tmp_path: Path) -> None:
    first, second = read_bio(write(tmp_path, BIO))
    assert first.text == "A renal cyst and fever rash"
    assert covered(first) == [
        ("renal cyst", "C0000001"),
        ("fever", "C0000002"),
        ("rash", "C0000003"),
    ]
    assert second.text == ". Cough"
    assert covered(second) == [("Cough", "C0000004")]


def test_pubtator(tmp_path: Path) -> None:
    first, second = read_pubtator(write(tmp_path, PUBTATOR))
    assert first.text == "On fever|cold\nFever and gout."
    assert covered(first) == [("fever", "MESH:D005334"), ("Fever", "OMIM:1"), ("gout", "-1")]
    assert second.text == "\nGout."
    assert covered(second) == [("Gout", "C0018099"), ("Gout", "MESH:D3")]


@pytest.mark.parametrize(("text", "documents"), [(BIO, 2), (PUBTATOR, 2), ("\n" + PUBTATOR, 2)])
def test_the_format_is_seen(tmp_path: Path, text: str, documents: int) -> None:
    found = list(read_annotated(write(tmp_path, text)))
    assert [len(document) for document in found] == [1] * documents


@pytest.mark.parametrize("text", ["", "plain text\n", "a\tO\n", "1\t2\t3\n"])
def test_other_files(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="neither PubTator nor BIO"):
        read_annotated(write(tmp_path, text))


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_nothing(tmp_path: Path, text: str) -> None:
    assert list(read_bio(write(tmp_path, text))) == []
    assert list(read_pubtator(write(tmp_path, text))) == []
