"""The recipes with written texts, whole, against a local server that writes by rules and errs.

    python -m benchmarks.written [--data DIR] [--recipe NAME ...] [--faults 0.1] [--out DIR]
                                 [--examples N] [--json]

For each recipe: rows, kept rows, what each task wrote, rows and requests a second in the write
stage, answers that had to be repaired, and what became of the mistakes that were planted in a share
of answers: rejected, flagged or missed (`recall` is of those that came into a record). `alarms` are
findings where nothing was planted; the rule writer is clumsy, so not all of them are false. The
recipes for articles also read `benchmarks.figure_articles` and the invented articles of `examples`,
since few real articles at hand have medical pictures. `--examples` prints so many missed mistakes
and alarms of each recipe with what was found.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml

from benchmarks.data import arguments
from benchmarks.figure_articles import figure_articles
from benchmarks.model_server import ModelServer
from benchmarks.rule_writer import FAULTS, RuleWriter
from benchmarks.rule_writer_faults import FORM
from benchmarks.rule_writer_outcomes import (
    Fate,
    Item,
    alarms,
    by_fault,
    fates,
    items_of,
    recall,
    words_by_task,
)
from pipelines.corpus import Corpus, open_corpus, views
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.run import RunOptions, run
from pipelines.steps import steps_of

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ("pubmedvision-like", "open-pmc-like", "thinkvg-like", "bilingual", "preferences")
MODELS = ("Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-8B")
_OF_ARTICLES = ("pubmedvision-like", "open-pmc-like")
_TOOK = re.compile(r"write: .* done in ([\d.]+) s")


@dataclass
class Figures:
    """What one recipe's run gave; `planted` and `alarms` by name, `tasks` by task and word."""

    recipe: str
    rows: int = 0
    kept: int = 0
    tasks: dict[str, dict[str, int]] = field(default_factory=dict)
    write_s: float = 0.0
    rows_per_s: float = 0.0
    requests: int = 0
    broken: int = 0
    repaired: int = 0
    planted: dict[str, dict[str, int]] = field(default_factory=dict)
    recall: float | None = None
    alarms: dict[str, int] = field(default_factory=dict)
    items: int = 0


def main() -> None:
    """Print the figures of each recipe."""
    parser = arguments(str(__doc__).partition("\n")[0])
    parser.add_argument("--recipe", action="append", choices=RECIPES, default=[])
    parser.add_argument("--faults", type=float, default=FAULTS, help="share of answers with one")
    parser.add_argument("--out", type=Path, help="keep the corpora here")
    parser.add_argument("--examples", type=int, default=0)
    options = parser.parse_args()
    made = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.out or Path(scratch)
        for name in options.recipe or RECIPES:
            figures, found, wrong = measured(name, options.data, folder, options.faults)
            made[name] = asdict(figures)
            if not options.json:
                print("\n".join(lines(figures)), flush=True)
                print("\n".join(examples(found, wrong, options.examples)), flush=True)
    if options.json:
        print(json.dumps(made, ensure_ascii=False, indent=1))


def measured(
    name: str, data: Path, folder: Path, faults: float
) -> tuple[Figures, list[Fate], list[Item]]:
    """Run a recipe at `folder/name`; its figures, what became of mistakes, alarms without one."""
    writer = RuleWriter(faults)
    out, said = folder / name, list[str]()
    with ModelServer(writer, models=MODELS) as server, chdir(ROOT):
        recipe = written_recipe(name, data, folder / "articles", server.url)
        run(recipe, str(out), RunOptions(workers=os.cpu_count() or 1, say=said.append))
    corpus = open_corpus(str(out))
    items = items_of(corpus)
    found = fates(items, writer.written)
    wrong = alarms(items, found)
    figures = _counted(name, corpus, recipe, writer, said)
    figures.items = len(items)
    figures.planted = by_fault(found)
    figures.recall = recall(figures.planted)
    figures.alarms = dict(Counter(name for item in wrong for name in set(item.found)).most_common())
    return figures, found, wrong


def written_recipe(name: str, data: Path, articles: Path, url: str, **more: str) -> Recipe:
    """A recipe of ours that reads the data folder and asks the server at `url`."""
    path = f"recipes/{name}.yaml"
    sources = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["sources"]
    for source in sources:
        options = next(iter(source.values()))
        options["root"] = str(data / options["root"].removeprefix("data/"))
    if name in _OF_ARTICLES:
        figure_articles(data, articles)
        mini = {"mirror": "examples/mini-pmc", "articles": "examples/mini-pmc-articles.txt"}
        sources += [{"jats": {"root": str(articles)}}, {"pmc": mini}]
    changes = {"sources": json.dumps(sources), "writer.endpoint": url, **more}
    return load_recipe(path, [f"{key}={value}" for key, value in changes.items()])


def _counted(
    name: str, corpus: Corpus, recipe: Recipe, writer: RuleWriter, said: Sequence[str]
) -> Figures:
    rows = views(corpus).sql("SELECT kept, meta FROM samples").fetchall()
    tasks = [step.name for step in steps_of(recipe.write, recipe.writer)]
    words = [dict(meta) for _, meta in rows]
    took = next((float(m[1]) for line in said if (m := _TOOK.search(line))), 0.0)
    written = sum(any(task in own for task in tasks) for own in words)
    broken = [w for w in writer.written if w.planted and w.planted.fault in FORM]
    return Figures(
        name,
        rows=len(rows),
        kept=sum(kept for kept, _ in rows),
        tasks=words_by_task(words, tasks),
        write_s=took,
        rows_per_s=round(written / took, 1) if took else 0.0,
        requests=len(writer.written),
        broken=len(broken),
        repaired=sum(w.again for w in writer.written),
    )


def lines(figures: Figures) -> list[str]:
    """The figures of one recipe for people."""
    made = [
        f"{figures.recipe}: {figures.rows:,} rows, {figures.kept:,} kept; written in "
        f"{figures.write_s:.1f} s, {figures.rows_per_s:g} rows/s, {figures.requests:,} requests, "
        f"{figures.broken} broken answers, {figures.repaired} asked again"
    ]
    for task, counts in figures.tasks.items():
        made.append(f"  {task}: {', '.join(f'{v:,} {k}' for k, v in counts.items())}")
    for fault, counts in figures.planted.items():
        made.append(f"  planted {fault}: {', '.join(f'{v} {k}' for k, v in counts.items() if v)}")
    share = "none planted" if figures.recall is None else f"{figures.recall:.3f}"
    told = ", ".join(f"{name} {count}" for name, count in figures.alarms.items()) or "none"
    made.append(f"  recall of mistakes: {share}; findings without one, of {figures.items}: {told}")
    return made


def examples(found: Sequence[Fate], wrong: Sequence[Item], count: int) -> list[str]:
    """Missed mistakes and alarms, as they stand in the corpus."""
    missed = [fate for fate in found if fate.became == "missed"][:count]
    made = [
        f"  MISSED {fate.written.planted and fate.written.planted.fault} {_brief(fate.items[0])}"
        for fate in missed
    ]
    spread: dict[tuple[str, str], list[Item]] = {}
    for item in wrong:
        spread.setdefault((item.task, item.found[0]), []).append(item)
    each = max(1, count // max(1, len(spread)))
    chosen = [item for group in spread.values() for item in group[:each]]
    return made + [
        f"  FOUND {_brief(item)}\n    {'; '.join(item.reasons)}" for item in chosen if count
    ]


def _brief(item: Item) -> str:
    return f"{item.task} {item.sample_id} ({item.evidence})\n    {item.shown[:600]}"


if __name__ == "__main__":
    main()
