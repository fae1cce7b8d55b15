"""Mutated real articles and pictures through extract: nothing may crash, all must be accounted for.

    python -m benchmarks.fuzz [--cases 10000] [--seed 1] [--json] [--data DIR]

Each case takes a real article or picture, changes it (bytes flipped, cut short, pieces doubled,
swapped or removed, tags and hrefs rewritten), and hands it to the same functions that a worker
runs. Prints how many cases ended how; `lost` and `faults` must be 0.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

from benchmarks.data import arguments, xml_files
from extractors.images import BadImage, load_picture
from extractors.options import ArticleOptions
from extractors.pmc.articles import ArticleFiles, article_samples
from extractors.pmc.jats.parse import BadXml, NotAnArticle
from filters.alike.hashes import phash
from schemas.sample import Document

_PICTURES = (".jpg", ".png", ".tif", ".gif")
_LARGEST_PICTURE = 400_000
_NAMES = ("fig1.jpg", "g001.png", "pone.0000133.g001.jpg", "fig2.jpg")
_TOKENS = (
    b"<fig>", b"</fig>", b"<p>", b"</p>", b"&x;", b"&#0;", b"]]>", b"<!--", b"<![CDATA[", b'"', b"\x00",
    b"<fig-group>", b"<alternatives/>", b'<xref rid="F1 F2">', b"</xref>", b"../../etc/passwd", b"\xff\xfe",
)  # fmt: skip


def main() -> None:
    """Run and print; exits with 1 if a case was lost or a fault."""
    parser = arguments(str(__doc__))
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = fuzz(options.data, options.cases, options.seed)
    print(
        json.dumps(found) if options.json else "\n".join(f"{k:24} {v:,}" for k, v in found.items())
    )
    if found["lost"] or found["faults"]:
        raise SystemExit(1)


def fuzz(data: Path, cases: int, seed: int) -> dict[str, int]:
    """Outcomes of `cases` mutated files: half articles, half pictures."""
    articles = [path.read_bytes() for path in xml_files(data)]
    pictures = [
        path.read_bytes()
        for path in sorted((data / "jats").rglob("*"))
        if path.suffix in _PICTURES and path.stat().st_size <= _LARGEST_PICTURE
    ]
    dice = random.Random(seed)
    outcomes: Counter[str] = Counter({"cases": cases, "lost": 0, "faults": 0})
    slowest = 0.0
    for case in range(cases):
        start = time.perf_counter()
        if case % 2:
            outcome = _picture_outcome(_mutated(dice.choice(pictures), dice))
        else:
            outcome = _article_outcome(_mutated(dice.choice(articles), dice), dice.choice(pictures))
        outcomes[outcome] += 1
        slowest = max(slowest, time.perf_counter() - start)
    return {**outcomes, "slowest_ms": round(1000 * slowest)}


def _mutated(data: bytes, dice: random.Random) -> bytes:
    """One to eight random changes."""
    for _ in range(dice.randint(1, 8)):
        a, b = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        b = min(b, a + dice.choice((1, 8, 200, 5_000)))
        change = dice.randrange(6)
        if change == 0 and a < len(data):
            data = data[:a] + bytes([dice.randrange(256)]) + data[a + 1 :]
        elif change == 1:
            data = data[: max(40, a)] if dice.random() < 0.3 else data[:a] + data[b:]
        elif change == 2:
            data = data[:a] + data[a:b] * 2 + data[b:]
        elif change == 3:
            data = data[:a] + data[a:b][::-1] + data[b:]
        else:
            data = data[:a] + dice.choice(_TOKENS) + data[a:]
    return data


def _picture_outcome(data: bytes) -> str:
    try:
        load_picture(data, phash)
    except BadImage as error:
        return f"picture: {error.reason}"
    except Exception as error:
        print(f"picture fault: {type(error).__name__}: {error}")
        return "faults"
    return "picture: loaded"


def _article_outcome(xml: bytes, picture: bytes) -> str:
    """As a worker does; `lost` where an article gives no row, or two rows of one name."""
    document = Document("d", "d", "jats", "d.xml")
    files = ArticleFiles(xml=xml, names=_NAMES, read=lambda name: picture)
    try:
        rows = [sample for sample, _ in article_samples(document, files, ArticleOptions(), phash)]
    except (BadXml, NotAnArticle) as error:
        return f"article: {type(error).__name__}"
    except Exception as error:
        print(f"article fault: {type(error).__name__}: {error}")
        return "faults"
    if not rows or len({row.sample_id for row in rows}) < len(rows):
        return "lost"
    return "article: figures" if rows[0].figure else "article: no figures"


if __name__ == "__main__":
    main()
