"""Real captions and reports of the data folder, by where they come from."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

from benchmarks.data import xml_files
from extractors.pmc.jats.figures import read_figures
from extractors.pmc.jats.parse import parse_articles

_PMCID = re.compile(r"PMC\d+")
_ABSTRACT = re.compile(r"<AbstractText[^>]*>([^<]*)<")


def captions(data: Path) -> dict[str, list[str]]:
    """Different captions: `jats` of whole articles, `roco` of single pictures."""
    return {
        "jats": sorted({text for _, _, text in article_captions(data)}),
        "roco": sorted({text for _, text in roco_captions(data)}),
    }


def reports(data: Path) -> dict[str, list[str]]:
    """Different reports: `open_i`, de-identified with XXXX; `medpix`, texts about teaching cases."""
    return {"open_i": _open_i(data), "medpix": _medpix(data)}


def article_captions(data: Path) -> list[tuple[str, str, str]]:
    """Captions of real articles: the article, the language it gives, the text."""
    found = set()
    for path in xml_files(data):
        try:
            roots = parse_articles(path.read_bytes())[0]
        except ValueError:
            continue  # some of them are malformed on purpose
        for root in roots:
            for figure in read_figures(root):
                found |= {(path.stem, tongue, text) for tongue, text in figure.captions if text}
    return sorted(found)


def roco_captions(data: Path) -> list[tuple[str, str]]:
    """Captions of single pictures: the article they are from, the text."""
    found = set()
    for file in sorted((data / "concepts" / "roco" / "validation").glob("*/captions.txt")):
        links = _table(file.with_name("dlinks.txt"))
        for name, text in _table(file).items():
            article = _PMCID.search(links.get(name, ""))
            found.add((article[0] if article else name, text))
    return sorted(found)


def _table(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return {key: rest.strip() for key, tab, rest in (line.partition("\t") for line in lines) if tab}


def _open_i(data: Path) -> list[str]:
    path = data / "labelled" / "iu_xray" / "NLMCXR_reports_part.tgz"
    if not path.is_file():
        return []
    found = set()
    with tarfile.open(path) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.name.endswith(".xml") else None
            if stream is not None:
                found.add(" ".join(_ABSTRACT.findall(stream.read().decode("utf-8", "replace"))))
    return sorted(found)


def _medpix(data: Path) -> list[str]:
    path = data / "labelled" / "medpix2" / "Case_topic.json"
    return sorted(_strings(json.loads(path.read_bytes()))) if path.is_file() else []


def _strings(value: object) -> set[str]:
    if isinstance(value, str):
        return {value} if len(value) > 20 else set()
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for one in values for text in _strings(one)}
