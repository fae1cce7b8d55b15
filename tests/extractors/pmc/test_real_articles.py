"""Real articles: nothing is lost, captions are the XML's own words, citing sentences are found.

The second extraction here uses the standard library's parser and its own rules, so that an error
in ours is not made twice.
"""

from __future__ import annotations

import csv
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.pmc.folders import FolderOptions, describe, enumerate_refs, extract
from extractors.pmc.jats.figures import FigureRecord, read_figures
from extractors.pmc.jats.parse import parse_articles
from extractors.pmc.jats.references import add_references
from filters.alike.hashes import phash
from schemas.sample import Document, Sample

LEFT_OUT = {"supplementary-material", "object-id", "inline-graphic", "graphic", "media"}
LEFT_OUT |= {"tex-math", "annotation", "fn", "alt-text", "long-desc"}


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else "#"


def _words(element: ElementTree.Element) -> Iterator[str]:
    """All text within, but what is no caption text; tails included by the caller."""
    yield element.text or ""
    for child in element:
        if _local(child.tag) not in LEFT_OUT:
            yield from _words(child)
        yield child.tail or ""


def _plain(text: str) -> str:
    """Letters and digits only, compatibility forms folded: blind to layout and scripts."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def _figures(path: Path) -> Iterator[FigureRecord]:
    for root in parse_articles(path.read_bytes())[0]:
        figures = read_figures(root)
        add_references(root, figures)
        yield from figures


def _xml_files(folder: Path) -> list[Path]:
    return sorted([*folder.rglob("*.xml"), *folder.rglob("*.nxml")])


def _articles(folder: Path) -> Iterator[tuple[Path, list[FigureRecord]]]:
    for path in _xml_files(folder):
        if "manifest" not in path.name:
            yield path, list(_figures(path))


@pytest.fixture(scope="module")
def by_article(jats_data: Path) -> dict[Path, list[FigureRecord]]:
    return dict(_articles(jats_data))


def test_every_fig_of_the_census_is_a_row_or_merged(
    jats_data: Path, by_article: dict[Path, list[FigureRecord]]
) -> None:
    with open(jats_data / "CENSUS.tsv", encoding="utf-8") as file:
        counted: dict[str, int] = {}
        for line in csv.DictReader(file, delimiter="\t"):
            counted[line["path"]] = counted.get(line["path"], 0) + int(line["figs"])
    found = {
        f"jats/{path.relative_to(jats_data)}": sum(1 + len(f.merged) for f in figures)
        for path, figures in by_article.items()
    }
    assert {path: found.get(path) for path in counted} == counted


def test_captions_are_the_words_of_the_xml(by_article: dict[Path, list[FigureRecord]]) -> None:
    compared = 0
    for path, figures in by_article.items():
        ours: dict[str, list[str]] = {}
        for figure in figures:
            texts = [_plain(text) for _, text in figure.captions]
            for name in (figure.id, *figure.merged):
                ours[name] = texts
        for fig in _stdlib_figures(path):
            caption = next((c for c in fig if _local(c.tag) == "caption"), None)
            if caption is None or not fig.get("id"):
                continue
            if any(_local(e.tag) in ("math", "tex-math") for e in caption.iter()):
                continue  # a formula is written in one line: compared in test_text
            compared += 1
            assert _plain("".join(_words(caption))) in ours[fig.get("id", "")], (
                path,
                fig.get("id"),
            )
    assert compared > 950


def _stdlib_figures(path: Path) -> list[ElementTree.Element]:
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError:
        return []
    return [e for e in root.iter() if _local(e.tag) == "fig"]


def test_citing_sentences_for_more_figures_than_medpmc(
    by_article: dict[Path, list[FigureRecord]],
) -> None:
    """MedPMC finds them for 1,039 of the 1,076 figures it knows of these files."""
    figures = [f for figures in by_article.values() for f in figures]
    with_reference = sum(1 + len(f.merged) for f in figures if f.references)
    assert with_reference >= 1_060
    for figure in figures:
        paragraphs = [text for kind, text, *_ in figure.references if kind == "reference_paragraph"]
        for kind, text, *_ in figure.references:
            assert kind == "reference_paragraph" or any(text in p for p in paragraphs)


@pytest.mark.parametrize(
    ("path", "figure_id", "words"),
    [
        ("xml_only/plos/journal.pone.0087236.xml", "pone-0087236-g022", "in Figs. 21–23."),
        ("xml_only/plos/journal.pone.0087236.xml", "pone-0087236-g044", "Figs 43–46"),
        ("xml_only/plos/journal.pone.0100977.xml", "pone-0100977-g007", "in Figures 6–8."),
        ("xml_only/epmc/PMC4745327.xml", "fig2", "after 3 months of vanadium exposure"),
    ],
)
def test_ranges_reach_figures_that_no_xref_names(
    jats_data: Path, path: str, figure_id: str, words: str
) -> None:
    (figure,) = [f for f in _figures(jats_data / path) if f.id == figure_id]
    assert any(words in text for kind, text, *_ in figure.references if kind == "reference")


@pytest.fixture(scope="module")
def samples(jats_data: Path) -> list[tuple[Document, Sample, int]]:
    """Every sample of the folders that hold pictures, with the number of pictures."""
    found = []
    for part in ("jats_with_images", "oa_package", "zip_packages"):
        options = FolderOptions(root=str(jats_data / part))
        for ref in enumerate_refs(options):
            for document in describe(options, ref, "jats"):
                for sample, pictures in extract(options, document, phash):
                    found.append((document, sample, len(pictures)))
    return found


def test_every_figure_whose_file_is_there_has_its_picture(
    samples: list[tuple[Document, Sample, int]],
) -> None:
    without = {s.sample_id: [d.reason for d in s.drops] for _, s, n in samples if not n}
    assert sum(n > 0 for *_, n in samples) == 83
    # f1000-8-978 comes without its files; the others have no figure at all.
    assert sorted(k for k, v in without.items() if v == ["image_missing"]) == [
        f"f1000-8-978-v1/main.jats/{name}" for name in ("f1", "f2", "f3")
    ]
    assert all(v in (["image_missing"], ["no_figures"]) for v in without.values())


def test_the_full_picture_is_taken_not_the_thumbnail_or_stub(
    samples: list[tuple[Document, Sample, int]],
) -> None:
    files = {s.sample_id: s.meta.get("image_file", "") for _, s, n in samples if n}
    assert not [name for name in files.values() if name.endswith(".gif")]
    scielo = [v for k, v in files.items() if k.startswith("scielo_0034")]
    assert scielo
    assert all(name.endswith(".jpg") for name in scielo)
