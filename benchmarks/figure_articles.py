"""Articles in JATS around single figures of the data folder, whose own articles are not there.

The figures, captions and citing sentences are real; the article around them is only what a reader of
JATS needs. For whole runs of recipes for articles, since few articles at hand have medical pictures.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

_ARTICLE = """<?xml version="1.0" encoding="UTF-8"?>
<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front>
<journal-meta><journal-title-group><journal-title>Figures</journal-title></journal-title-group>
</journal-meta><article-meta><article-id pub-id-type="doi">10.0000/{key}</article-id>
<title-group><article-title>The article of {key}</article-title></title-group>
<permissions><license license-type="open-access"
 xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>CC BY 4.0</license-p></license>
</permissions></article-meta></front><body><sec><title>Results</title>{citing}
<fig id="f1"><label>{label}</label><caption><p>{caption}</p></caption>
<graphic xlink:href="{graphic}"/></fig></sec></body></article>
"""


class Pictured(NamedTuple):
    """A figure: what its article is called here, its label, caption, citing sentences, picture."""

    key: str
    label: str
    caption: str
    citing: tuple[str, ...]
    picture: Path


def figure_articles(data: Path, folder: Path) -> int:
    """Write an article for each figure below `compound/` of the data; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for figure in _figures(data / "compound"):
        target = folder / figure.key
        target.mkdir(parents=True, exist_ok=True)
        picture = target / f"figure{figure.picture.suffix}"
        _link(figure.picture, picture)
        citing = "".join(
            f'<p>{escape(text)} (<xref ref-type="fig" rid="f1">{escape(figure.label)}</xref>)</p>'
            if figure.label not in text
            else f"<p>{_cited(text, figure.label)}</p>"
            for text in figure.citing
        )
        article = _ARTICLE.format(
            key=figure.key,
            citing=citing,
            label=escape(figure.label),
            caption=escape(figure.caption),
            graphic=picture.name,
        )
        (target / "main.xml").write_text(article, encoding="utf-8")
        count += 1
    return count


def _cited(text: str, label: str) -> str:
    before, _, after = text.partition(label)
    xref = f'<xref ref-type="fig" rid="f1">{escape(label)}</xref>'
    return f"{escape(before)}{xref}{escape(after)}"


def _figures(folder: Path) -> Iterator[Pictured]:
    for row in _rows(folder / "conceptclip_pmc_figures" / "meta.jsonl"):
        picture = folder / "conceptclip_pmc_figures" / "images" / row["image"]
        label = row.get("fig_label") or "Figure 1"
        key = f"PMC{row['pmc']}-{row['fig_id']}"
        yield Pictured(key, label.rstrip("."), row["caption"], (), picture)
    for row in _rows(folder / "medicat_sample" / "sample.jsonl"):
        picture = folder / "medicat_sample" / "figures" / f"{row['pdf_hash']}_{row['fig_uri']}"
        number = row["fig_key"].removeprefix("Figure")
        citing = tuple(row["s2orc_references"] or ())
        key = f"{row['pdf_hash'][:8]}-{number}"
        yield Pictured(key, f"Figure {number}", row["s2_caption"], citing, picture)


def _rows(path: Path) -> list[dict]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
