"""Write a miniature of the PMC Cloud bucket, and what a reader should find in it.

    python examples/make_mini_pmc.py [DIR]

writes into DIR, or beside this file, `mini-pmc/` (the bucket: a folder for each article version, `metadata/`
and an inventory), `mini-pmc-truth.json` (the figures, captions, sentences and panels to be found)
and `mini-pmc-articles.txt` (the ids, for a recipe).

All text and all pictures are synthetic: written and drawn for this project, no real patients,
released under CC0. The licences named in the articles are there to be tested; they do not bind
anybody. The ids PMC9900000xx lie in a range that PMC has not given out, the DOIs under the test
prefix 10.5555. Running the script again gives the same bytes with the same Pillow and NumPy.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from articles import ARTICLES
from articles_odd import ODD_ARTICLES
from charts import Compound
from jats import (
    Article,
    Figure,
    Media,
    article_xml,
    clean_caption,
    plain,
    plain_article,
    sentences,
)
from PIL import Image

HERE = Path(__file__).resolve().parent
BUCKET = "pmc-oa-opendata"
INVENTORY = f"inventory-reports/{BUCKET}/metadata"
PROBLEMS = {
    "unlisted": "missing",
    "missing": "missing",
    "broken": "broken",
    "stub": "stub",
    "md5": "md5",
}
Panels = list[tuple[str, tuple[int, int, int, int]]]


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


# --- Pictures ----------------------------------------------------------------------------------


def encode(media: Media) -> tuple[bytes, Panels]:
    """The bytes of one file, in the form and with the damage that its name and `how` ask for."""
    drawn = media.draw()
    if isinstance(drawn, bytes):
        return drawn, []
    image, panels = (drawn.image, drawn.panels) if isinstance(drawn, Compound) else (drawn, [])
    if media.how == "half":
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    if media.how == "thumb":
        image.thumbnail((110, 110), Image.Resampling.LANCZOS)
    data = save(image, media.name.rsplit(".", 1)[1], media.how)
    return (data[: len(data) * 2 // 5] if media.how == "broken" else data), panels


def save(image: Image.Image, kind: str, how: str) -> bytes:
    out = io.BytesIO()
    if kind == "jpg":
        exif = Image.Exif()
        if how == "exif6":  # 6: turn by 90 degrees clockwise to see it upright
            image, exif[0x0112] = image.transpose(Image.Transpose.ROTATE_90), 6
        if how == "cmyk":
            image = image.convert("CMYK")
        image.save(out, "JPEG", quality=78, exif=exif)
    elif kind == "gif":
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=48).save(out, "GIF")
    elif kind == "tif":
        image.save(out, "TIFF", compression="tiff_lzw")
    elif kind == "webp":
        image.save(out, "WEBP", quality=80, method=4)
    elif how == "16bit":  # twelve bits used, as a scanner stores them
        levels = np.asarray(image.convert("L"), dtype=np.uint16) // 4 * 64
        Image.fromarray(levels).save(out, "PNG", optimize=True)
    else:
        image = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
        clear = {"transparency": white_index(image)} if how == "palette" else {}
        image.save(out, "PNG", optimize=True, **clear)
    return out.getvalue()


def white_index(image: Image.Image) -> int:
    """Which palette entry is the white paper, to be made transparent."""
    palette = image.getpalette() or []
    sums = [sum(palette[k : k + 3]) for k in range(0, len(palette), 3)]
    return sums.index(max(sums))


# --- One article -------------------------------------------------------------------------------


def all_media(article: Article) -> list[Media]:
    """Files that lie in the folder; a version without media keeps none."""
    if not article.has_media:
        return []
    media = [m for figure in article.figures for m in figure.media] + list(article.others)
    return [m for m in media if m.how not in ("missing", "unlisted")]


def write_article(root: Path, article: Article) -> dict[str, Panels]:
    """Write the version's folder and metadata; return the panels of every picture."""
    name = article.document_id
    folder = root / name
    folder.mkdir(parents=True)
    xml, text = article_xml(article), plain_article(article).encode()
    (folder / f"{name}.xml").write_bytes(xml)
    (folder / f"{name}.txt").write_bytes(text)
    base = f"s3://{BUCKET}/{name}/"
    urls: list[str] = []
    panels: dict[str, Panels] = {}
    for media in all_media(article):
        data, panels[media.name] = encode(media)
        (folder / media.name).write_bytes(data)
        told = md5(b"not these bytes") if media.how == "md5" else md5(data)
        urls.append(f"{base}{media.name}?md5={told}")
    metadata = metadata_of(
        article, f"{base}{name}.xml?md5={md5(xml)}", f"{base}{name}.txt?md5={md5(text)}"
    )
    metadata["media_urls"] = urls
    packed = (json.dumps(metadata, indent=2, ensure_ascii=False) + "\n").encode()
    (folder / f"{name}.json").write_bytes(packed)
    (root / "metadata" / f"{name}.json").write_bytes(packed)
    return panels


def metadata_of(article: Article, xml_url: str, text_url: str) -> dict[str, Any]:
    return {
        "pmcid": article.pmcid,
        "version": article.version,
        "pmid": 99000000 + article.number,
        "mid": f"NIHMS{9900000 + article.number}" if article.manuscript else None,
        "doi": article.doi,
        "title": plain(article.title),
        "citation": f"{article.journal}. 2026 Sep {1 + article.number}; 1:e{article.number}",
        "is_pmc_openaccess": not article.manuscript,
        "is_manuscript": article.manuscript,
        "is_historical_ocr": False,
        "is_retracted": article.retracted,
        "license_code": article.licence,
        "xml_url": xml_url,
        "text_url": text_url,
        "pdf_url": None,
    }


# --- The inventory -----------------------------------------------------------------------------


def write_inventory(root: Path) -> None:
    """Two gzipped lists of the metadata objects, and the manifest that names them."""
    rows = [
        (BUCKET, f"metadata/{path.name}", "2026-10-30T11:47:59.000Z", md5(path.read_bytes()))
        for path in sorted((root / "metadata").iterdir())
    ]
    files = []
    half = (len(rows) + 1) // 2
    (root / INVENTORY / "data").mkdir(parents=True)
    for number, part in enumerate((rows[:half], rows[half:]), 1):
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(part)
        packed = gzip.compress(text.getvalue().encode(), mtime=0)
        key = f"{INVENTORY}/data/00000000-0000-4000-8000-00000000000{number}.csv.gz"
        (root / key).write_bytes(packed)
        files.append({"key": key, "size": len(packed), "MD5checksum": md5(packed)})
    manifest = {
        "sourceBucket": BUCKET,
        "destinationBucket": f"arn:aws:s3:::{BUCKET}",
        "version": "2016-11-30",
        "creationTimestamp": "1793494800000",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, LastModifiedDate, ETag",
        "files": files,
    }
    folder = root / INVENTORY / "2026-11-01T01-00Z"
    folder.mkdir(parents=True)
    data = (json.dumps(manifest, indent=2) + "\n").encode()
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.checksum").write_bytes(md5(data).encode())


# --- The truth ---------------------------------------------------------------------------------


def figure_truth(article: Article, figure: Figure, panels: dict[str, Panels]) -> dict[str, Any]:
    picked = [m for m in figure.media if m.picked]
    problems = [PROBLEMS[m.how] for m in picked if m.how in PROBLEMS]
    copies = article.translation.figures if article.translation else ()
    merged = [f for f in copies if f.copy_of == figure.id]
    languages = [article.language]
    captions = {article.language: clean_caption(figure)}
    if article.translation and merged:
        languages.append(article.translation.language)
        captions[article.translation.language] = clean_caption(merged[0])
    found: dict[str, Any] = {
        "document_id": article.document_id,
        "figure_id": figure.id or None,
        "label": plain(figure.label or (figure.group.label if figure.group else "")) or None,
        "caption": clean_caption(figure),
        "image_files": [] if problems else [m.name for m in picked],
        "image_problem": problems[0] if problems else None,
        "references": list(
            dict.fromkeys(s for s, keys in sentences(article) if figure.key in keys)
        ),
        "panels": [
            {"letter": letter, "box": list(box)}
            for m in picked
            for letter, box in panels.get(m.name, [])
        ],
        "merged": [f.id for f in merged],
        "languages": languages,
        "captions": captions,
    }
    if article.translation and merged and list(merged[0].hrefs) != found["image_files"]:
        found["other_language_files"] = {article.translation.language: list(merged[0].hrefs)}
    if figure.group:
        found["group"] = {
            "id": figure.group.id,
            "label": figure.group.label,
            "caption": plain(figure.group.caption),
            "own_label": figure.label or None,
        }
    return found


def truth(articles: tuple[Article, ...], panels: dict[str, dict[str, Panels]]) -> dict[str, Any]:
    chosen = [a for a in articles if a.preferred]
    figures = [figure_truth(a, f, panels[a.document_id]) for a in chosen for f in a.figures]
    licence = {a.document_id: a.licence for a in chosen}
    with_picture = [f for f in figures if f["image_files"]]
    return {
        "note": "Synthetic text and pictures, CC0. Written by make_mini_pmc.py.",
        "articles": {
            a.pmcid: {
                "preferred_version": a.version,
                "licence": a.licence,
                "retracted": a.retracted,
                "cases": list(a.cases),
                **a.notes,
            }
            for a in chosen
        },
        "figures": figures,
        "counts": {
            "articles": len(chosen),
            "versions": len(articles),
            "figures": len(figures),
            "figures_with_picture": len(with_picture),
            "compound_figures": sum(bool(f["panels"]) for f in figures),
            "panels": sum(len(f["panels"]) for f in figures),
            "references": sum(len(f["references"]) for f in figures),
            "articles_by_licence": dict(sorted(Counter(licence.values()).items())),
            "figures_by_licence": dict(
                sorted(Counter(licence[f["document_id"]] for f in figures).items())
            ),
        },
        "not_figures": [href for a in chosen for href in a.not_figures],
    }


def id_list(articles: tuple[Article, ...]) -> str:
    """Ids with and without a version, as users write them."""
    lines = [
        "# Invented articles of examples/mini-pmc; with a version: that one, without: the "
        "preferred one"
    ]
    for article in (a for a in articles if a.preferred):
        lines.append(article.document_id if article.number % 4 == 2 else article.pmcid)
    return "\n".join(lines) + "\n"


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    root = out / "mini-pmc"
    shutil.rmtree(root, ignore_errors=True)
    (root / "metadata").mkdir(parents=True)
    articles = (*ARTICLES, *ODD_ARTICLES)
    panels = {article.document_id: write_article(root, article) for article in articles}
    write_inventory(root)
    found = truth(articles, panels)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (out / "mini-pmc-truth.json").write_text(text, encoding="utf-8")
    (out / "mini-pmc-articles.txt").write_text(id_list(articles), encoding="utf-8")
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    print(json.dumps(found["counts"], indent=1), f"\n{size / 1e6:.2f} MB in {root}")


if __name__ == "__main__":
    main()
