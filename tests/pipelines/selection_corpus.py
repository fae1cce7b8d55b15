"""A small corpus with near duplicates, a leak, weights, stages and marks; no test in itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pipelines.recipe_file import check_recipe
from pipelines.run import RunOptions, run
from pipelines.summary import Summary

_SAME = "Axial computed tomography of the chest shows a large cavity in the left upper lobe."
ARTICLES = (  # picture, what was done to it, caption
    (0, "", "Chest radiograph of a boy with fever and cough, taken on the first day."),
    (0, "smaller", "Radiograph of the chest of a boy with fever."),
    (1, "", _SAME),
    (2, "", _SAME),
    (3, "", "Magnetic resonance image of the brain, which an evaluation set has cropped."),
    (3, "smaller", "The brain again, smaller than it was."),
    (4, "", "Ultrasound of the liver, which an evaluation set has mirrored."),
    (5, "", "Photograph of the skin of Mr. John Smith, taken on 12 March 2014, MRN 4432199."),
    (6, "", "Fundus photograph of the right eye, which is held out of training."),
    (7, "", "Endoscopy of the stomach with an ulcer."),
    (8, "", "Micrograph of a section of the kidney with crescents in some of the glomeruli."),
    (9, "", "Scintigraphy of the thyroid with a cold nodule on the left and a warm one below it."),
)
RECIPE = {
    "name": "selection",
    "score": {"privacy": {"faces": False}},
    "select": {
        "rules": {"not_flat": "image_flat < 0.99", "says_something": "text_words >= 3"},
        "near_duplicates": {"hamming": 6},
        "duplicate_texts": {"least_words": 5},
        "balance": [{"by": "source", "most": 50}],
        "mix": {"by": "text_words > 10", "inverse": 1.0},
        "curriculum": {"short": "text_words <= 10", "long": "text_words > 10"},
        "hold_out": {"eyes": "caption LIKE '%held out%'"},
    },
    "run": {"documents_per_partition": 4},
}


def picture(seed: int, side: int = 256) -> Image.Image:
    """Clouds that differ for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def build(folder: Path) -> Summary:
    """Write the articles and the evaluation set below `folder`, the corpus at `folder/corpus`."""
    source, evaluation = folder / "in", folder / "evaluation"
    source.mkdir(parents=True)
    evaluation.mkdir()
    for i, (seed, change, caption) in enumerate(ARTICLES):
        image = picture(seed).resize((200, 200)) if change else picture(seed)
        image.save(source / f"a{i}.jpg", quality=90)
        (source / f"a{i}.xml").write_text(
            '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><permissions>'
            "<license><license-p>CC BY</license-p></license></permissions></article-meta></front>"
            f"<body><fig id='F1'><label>Figure 1</label><caption><p>{caption}</p></caption>"
            f"<graphic xlink:href='a{i}.jpg'/></fig></body></article>",
            encoding="utf-8",
        )
    picture(3).crop((7, 7, 249, 249)).save(evaluation / "cropped.png")
    ImageOps.mirror(picture(4)).save(evaluation / "mirrored.jpg", quality=60)
    picture(99).save(evaluation / "strange.png")
    select = {**RECIPE["select"], "keep_out": [{"path": str(evaluation), "name": "exam"}]}
    recipe = {**RECIPE, "sources": [{"jats": {"root": str(source)}}], "select": select}
    options = RunOptions(workers=2, say=lambda _: None)
    return run(check_recipe(recipe), str(folder / "corpus"), options)
