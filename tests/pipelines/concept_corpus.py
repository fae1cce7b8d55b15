"""A small corpus of one invented article, linked with the starter vocabulary; no test in itself."""

from __future__ import annotations

from pathlib import Path

from pipelines.recipe_file import check_recipe
from pipelines.run import RunOptions, run
from pipelines.summary import Summary
from tests.extractors.pmc.test_folders import PICTURE

CAPTIONS = (
    "Chest radiograph. Pneumonia of the right lung.",
    "Axial CT of the chest. There is no pleural effusion.",
    "Axial CT of the chest with a pneumothorax. Possible pneumonia.",
    "Photomicrograph of a section of the liver (hematoxylin and eosin).",
    "Box plot of the survival of both groups.",
)
LUNG_DISEASE, PNEUMONIA, EFFUSION = "C0024115", "C0032285", "C0032227"


def build(folder: Path, captions: tuple[str, ...] = CAPTIONS, **more: object) -> Summary:
    """Write the article below `folder`, and its corpus at `folder/corpus`."""
    source = folder / "in"
    source.mkdir()
    figures = []
    for i, caption in enumerate(captions):
        (source / f"{i}.jpg").write_bytes(PICTURE)
        figures.append(
            f"<fig id='F{i}'><label>Figure {i}</label><caption><p>{caption}</p></caption>"
            f"<graphic xlink:href='{i}.jpg'/></fig>"
        )
    (source / "article.xml").write_text(
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><permissions>'
        "<license><license-p>CC BY</license-p></license></permissions></article-meta></front>"
        f"<body>{''.join(figures)}</body></article>",
        encoding="utf-8",
    )
    recipe = {
        "name": "concepts",
        "sources": [{"jats": {"root": str(source)}}],
        "select": {"exact_duplicates": "keep"},
        **({"concepts": {}, "modality": {"pixels": False}} | more),
    }
    options = RunOptions(workers=1, say=lambda _: None)
    return run(check_recipe(recipe), str(folder / "corpus"), options)
