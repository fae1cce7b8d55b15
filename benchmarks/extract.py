"""How fast articles become figures, and figures a corpus, and how much memory that takes.

    python -m benchmarks.extract [--json] [--data DIR]

Prints: articles a second and core from XML bytes to figures with captions and references, lxml's
bare parse of the same bytes beside it; image-text pairs a second through the whole run (list to
manifest, pictures untouched) on one and two workers; peak memory of all processes together on a
corpus and on one ten times larger. With `pip install pubmed_parser`, that library's captions and
metadata (it finds no citing sentences) of the same files are timed beside ours.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from benchmarks.data import arguments, multiply, xml_files
from extractors.pmc.jats.article import read_article
from extractors.pmc.jats.figures import read_figures
from extractors.pmc.jats.parse import parse_articles
from extractors.pmc.jats.references import add_references

_ROUNDS = 7
_COPIES = 180
_RECIPE = """
name: benchmark
sources: [jats: {{root: {root}}}]
select: {{exact_duplicates: keep, unknown_licence: keep, no_derivatives: keep_verbatim}}
shards: {{max_samples: 1000}}
run: {{documents_per_partition: {documents}}}
"""


def main() -> None:
    """Measure and print."""
    options = arguments(str(__doc__)).parse_args()
    found: dict[str, float] = {**jats_figures(options.data), **peer(options.data)}
    with tempfile.TemporaryDirectory(prefix="fabrica-bench-") as folder:
        found |= whole_run(options.data, Path(folder))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value:,.1f}" if isinstance(value, float) else f"{name:28} {value:,}")


def jats_figures(data: Path) -> dict[str, float]:
    """Articles per second of ours and of lxml's bare parse, the best of several rounds each."""
    contents = [path.read_bytes() for path in xml_files(data)]
    counts: dict[str, int] = {}

    def ours() -> None:
        counts.update(articles=0, figures=0, figures_with_caption=0, figures_with_reference=0)
        for content in contents:
            _count_figures(content, counts)

    def bare() -> None:
        for content in contents:
            try:
                etree.fromstring(content)
            except etree.XMLSyntaxError:
                continue

    ours()
    gc.freeze()  # as worker processes do
    articles = counts["articles"]
    return {
        "jats_articles_per_s": articles / _best(ours),
        "lxml_articles_per_s": articles / _best(bare),
        **{name: n for name, n in counts.items() if name != "articles"},
    }


def peer(data: Path) -> dict[str, float]:
    """The same files through pubmed_parser, where it is installed."""
    try:
        import pubmed_parser
    except ImportError:
        return {}
    found = {"figures": 0}
    files = [str(path) for path in xml_files(data)]

    def parse() -> None:
        found["figures"] = 0
        for file in files:
            try:
                captions = pubmed_parser.parse_pubmed_caption(file) or []
                pubmed_parser.parse_pubmed_xml(file)
            except Exception:
                continue
            found["figures"] += len(captions)

    with contextlib.redirect_stdout(io.StringIO()):
        seconds = _best(parse)
    return {
        "pubmed_parser_articles_per_s": len(files) / seconds,
        "pubmed_parser_figures": found["figures"],
    }


def _count_figures(content: bytes, counts: dict[str, int]) -> None:
    """Do all that extract does with XML; a merged language version counts as the figure it is."""
    try:
        roots, _ = parse_articles(content)
    except ValueError:
        return
    for root in roots:
        read_article(root)
        figures = read_figures(root)
        add_references(root, figures)
        counts["articles"] += 1
        for figure in figures:
            elements = 1 + len(figure.merged)
            counts["figures"] += elements
            counts["figures_with_caption"] += elements if figure.captions else 0
            counts["figures_with_reference"] += elements if figure.references else 0


def _best(function: Callable[[], None]) -> float:
    """Seconds of the fastest of several rounds."""
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def whole_run(data: Path, folder: Path) -> dict[str, float]:
    """Pairs per second on 1 and 2 workers, and memory as the corpus grows tenfold."""
    large = multiply(data, folder / "large", _COPIES)
    if not large.exists():
        return {"pairs": 0, "pairs_per_s_1": 0.0, "pairs_per_s_2": 0.0, "peak_mb": 0.0}
    small = multiply(data, folder / "small", _COPIES // 10)
    documents = 40
    one = _timed_run(large, folder / "one", 1, documents)
    two = _timed_run(large, folder / "two", 2, documents)
    little = _timed_run(small, folder / "little", 1, documents)
    return {
        "pairs": int(one["kept"]),
        "pairs_per_s_1": one["kept"] / one["seconds"],
        "pairs_per_s_2": two["kept"] / two["seconds"],
        "peak_mb": one["peak_mb"],
        "peak_mb_of_a_tenth": little["peak_mb"],
    }


def _timed_run(root: Path, out: Path, workers: int, documents: int) -> dict[str, float]:
    """One `fabrica run` in its own process; its wall time, pairs and peak memory."""
    recipe = out.with_suffix(".yaml")
    recipe.write_text(_RECIPE.format(root=root, documents=documents), encoding="utf-8")
    command = [sys.executable, "-m", "pipelines.cli", "run", str(recipe), "--out", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--workers", str(workers), "--json"], stdout=subprocess.PIPE
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _tree_mb(process.pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    assert process.stdout is not None
    kept = json.loads(process.stdout.read())["kept"]
    return {"seconds": seconds, "kept": kept, "peak_mb": peak}


def _tree_mb(root: int) -> float:
    """Memory of a process and all below it, shared pages counted once (PSS), in MB."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    tree = {root}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in tree} - tree
        tree |= more
        grown = bool(more)
    return sum(_pss_kb(pid) for pid in tree) / 1024


def _pss_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    main()
