"""How long a linker takes to be ready, and the memory of workers that share it.

`python -m benchmarks.linker_load [--synonyms N] [--json]`: a vocabulary of N names made of real
ones (HPO and the Disease Ontology) in new combinations; load time in a fresh process, then eight
forked workers that link captions, with the memory that each has for itself.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import tempfile
import time
from pathlib import Path

from benchmarks.data import arguments
from extractors.concepts.entries import Entry
from extractors.concepts.linker import Linker
from extractors.concepts.loading import STARTER, load_linker
from extractors.concepts.vocabulary.build import read_vocabulary, write_vocabulary

_WORKERS = 8
_NAMES_EACH = 3


def main() -> None:
    """Print seconds and MB."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--synonyms", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/vocabulary.parquet"
        texts = _write(path, options.synonyms)
        context = multiprocessing.get_context("spawn")
        queue = context.SimpleQueue()
        child = context.Process(target=_measure, args=(path, texts, queue))
        child.start()
        figures = queue.get()
        child.join()
    if options.json:
        print(json.dumps(figures))
    else:
        print(
            "{names:,} names ready in {load_s:.2f} s, {mb:.0f} MB; each of {workers} forked workers "
            "has {own_mb:.0f} MB of its own".format(**figures)
        )


def _write(path: str, names: int) -> list[str]:
    """A vocabulary of so many names; texts that use some of them."""
    dice = random.Random(7)
    entries = list(read_vocabulary(STARTER))
    words = [name for entry in entries for name in (entry.name, *entry.synonyms)]
    made = []
    for number in range(names // _NAMES_EACH):
        own = [f"{dice.choice(words)} {dice.choice(words).split()[0]}" for _ in range(_NAMES_EACH)]
        made.append(Entry(f"X{number:07d}", own[0], own[1:]))
    write_vocabulary(made, path)
    return [
        f"Axial CT shows {dice.choice(words)} and {dice.choice(made).name}." for _ in range(2000)
    ]


def _measure(path: str, texts: list[str], queue) -> None:
    before = _mb("VmRSS")
    started = time.perf_counter()
    linker = load_linker(path)
    load_s = time.perf_counter() - started
    mb = _mb("VmRSS") - before
    names = sum(1 + len(entry.synonyms) for entry in read_vocabulary(path))
    context = multiprocessing.get_context("fork")
    own = context.SimpleQueue()
    workers = [context.Process(target=_work, args=(linker, texts, own)) for _ in range(_WORKERS)]
    for worker in workers:
        worker.start()
    own_mb = [own.get() for _ in workers]
    for worker in workers:
        worker.join()
    queue.put(
        {
            "names": names,
            "load_s": load_s,
            "mb": mb,
            "workers": _WORKERS,
            "own_mb": sum(own_mb) / len(own_mb),
        }
    )


def _work(linker: Linker, texts: list[str], own) -> None:
    for text in texts:
        linker.link(text)
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    own.put(sum(int(kb) for kb in re.findall(r"Private_\w+:\s+(\d+)", rollup)) / 1024)


def _mb(field: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(rf"{field}:\s+(\d+)", status)[0]) / 1024


if __name__ == "__main__":
    main()
