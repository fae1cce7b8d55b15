"""The starter vocabulary: check the CUI of every imaging term against public data, and build it.

    python -m training.starter_vocabulary [--data DIR]            check, and write starter.parquet
    python -m training.starter_vocabulary --propose NAMES [--data DIR]     evidence for new names

`extractors/concepts/imaging_terms.csv` was made from the second form: names one a line (synonyms
after a bar), the CUIs that the data have for them, read and chosen by a person. No CUI is in it
that these do not confirm:

* MedMentions (CC0; mentions in abstracts, CUIs by annotators): the name is a mention with this CUI,
  in at least a fifth of the mentions of the row's names.
* ROCO (captions; CUIs of each picture, found by QuickUMLS): of the pictures with a name in their
  caption at least half have the CUI, three or more, and of those with the CUI at least two fifths
  have a name of the row in their caption.
* DOID (Disease Ontology, CC0): the name is a term's, and the CUI its cross-reference.

TUIs are those that all pictures with a CUI share in ROCO, where that leaves one; else the kind of
term. The file is built, as a user would, by

    fabrica vocabulary build --csv imaging_terms.csv --obo NCIthesaurus.obo DO_*.obo --out starter.parquet
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.data import arguments
from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.obo import read_obo
from extractors.concepts.vocabulary.tables import read_table
from pipelines import cli

CONCEPTS = Path(__file__).resolve().parents[1] / "extractors" / "concepts"
TERMS = CONCEPTS / "imaging_terms.csv"
STARTER = CONCEPTS / "starter.parquet"
_LEAST_PICTURES = 3


def plain(text: str) -> str:
    """Lower-case words, single blanks, no punctuation: how names are compared."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'s", "")))


class Evidence:
    """What the public data say of names and CUIs."""

    def __init__(self, data: Path) -> None:
        concepts = data / "concepts"
        self.mentions = _mentions(concepts / "medmentions_full" / "dev_BIO_CUI.tsv")
        self.ontology = _ontology(ontologies(data))
        self.captions, self.cuis = _roco(concepts / "roco" / "validation")
        self._with_word: dict[str, set[int]] = defaultdict(set)
        for place, caption in enumerate(self.captions):
            for word in caption.split():
                self._with_word[word].add(place)
        self.with_cui: dict[str, set[int]] = defaultdict(set)
        for place, cuis in enumerate(self.cuis):
            for cui in cuis:
                self.with_cui[cui].add(place)

    def pictures(self, name: str) -> set[int]:
        """Places of the captions that hold a plain name as whole words."""
        places = [self._with_word.get(word, set()) for word in name.split()] or [set()]
        return {p for p in set.intersection(*places) if f" {name} " in self.captions[p]}

    def sources(self, cui: str, names: list[str]) -> list[str]:
        """Which of the sources confirm that one of the names has this CUI."""
        words = list(dict.fromkeys(plain(name) for name in names))
        checks = {"MedMentions": self._mentioned, "ROCO": self._pictured, "DOID": self._in_ontology}
        return [source for source, check in checks.items() if check(cui, words)]

    def _mentioned(self, cui: str, names: list[str]) -> bool:
        found = sum((self.mentions.get(name, Counter()) for name in names), Counter())
        return found[cui] >= max(1, 0.2 * found.total())

    def _pictured(self, cui: str, names: list[str]) -> bool:
        with_cui = self.with_cui.get(cui, set())
        by_name = [self.pictures(name) for name in names]
        named = set().union(*by_name)
        precise = len(named & with_cui) >= 0.4 * len(with_cui)
        return precise and any(
            len(pictures & with_cui) >= max(_LEAST_PICTURES, 0.5 * len(pictures))
            for pictures in by_name
        )

    def _in_ontology(self, cui: str, names: list[str]) -> bool:
        return any(cui in self.ontology.get(name, ()) for name in names)


def ontologies(data: Path) -> list[Path]:
    """The Disease Ontology's files: the largest slim first, as its names win."""
    folder = data / "concepts" / "vocab"
    return [folder / "NCIthesaurus.obo", *sorted(folder.glob("DO_*.obo"))]


def _mentions(path: Path) -> dict[str, Counter[str]]:
    """How often each plain mention has each CUI; the file has a word and its B- or I- tag a line."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    words: list[str] = []
    cui = ""
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        word, _, tag = line.rstrip("\r").partition("\t")
        if not (tag.startswith("I-") and cui):
            if cui:
                found[plain(" ".join(words))][cui] += 1
            words, cui = [], tag[2:] if tag.startswith("B-") else ""
        words.append(word)
    return found


def _ontology(paths: list[Path]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for entry in read_obo(path, own_ids=False):
            for name in (entry.name, *entry.synonyms):
                found[plain(name)].add(entry.cui)
    return found


def _roco(folder: Path) -> tuple[list[str], list[set[str]]]:
    """Plain captions, between blanks, and the CUIs of each picture."""
    captions, cuis = [], []
    for kind in ("radiology", "non-radiology"):
        by_id = {key: set(values) for key, *values in _rows(folder / kind / "cuis.txt")}
        for key, *words in _rows(folder / kind / "captions.txt"):
            captions.append(f" {plain(' '.join(words))} ")
            cuis.append(by_id.get(key, set()))
    return captions, cuis


def _rows(path: Path) -> Iterator[list[str]]:
    with open(path, encoding="utf-8") as file:
        yield from (line.rstrip("\n").split("\t") for line in file if line.strip())


def wrong(evidence: Evidence, terms: list[Entry]) -> list[str]:
    """One line for each term whose noted sources are not those that confirm it."""
    problems = []
    for term in terms:
        found = evidence.sources(term.cui, [term.name, *term.synonyms])
        if not term.sources or not set(term.sources) <= set(found):
            problems.append(f"{term.cui} {term.name}: {term.sources} noted, {found} found")
    return problems


def propose(evidence: Evidence, names: list[str]) -> str:
    """The evidence for the CUIs of a concept by its names, in one line."""
    words = [plain(name) for name in names]
    mentions = sum((evidence.mentions.get(word, Counter()) for word in words), Counter())
    pictures = set().union(*(evidence.pictures(word) for word in words))
    pictured = Counter(cui for place in pictures for cui in evidence.cuis[place])
    known = {*mentions, *pictured, *(c for w in words for c in evidence.ontology.get(w, ()))}
    lines = [
        f"{cui} {'+'.join(sources)} mentions {mentions[cui]}/{mentions.total()}"
        f" pictures {pictured[cui]}/{len(pictures)} of {len(evidence.with_cui.get(cui, ()))}"
        for cui in sorted(known, key=lambda c: (-mentions[c], -pictured[c], c))
        if (sources := evidence.sources(cui, names))
    ]
    return f"{names[0]}: " + ("; ".join(lines) or "nothing")


def main() -> int:
    """Check and build, or propose."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--propose", type=Path, metavar="NAMES")
    options = parser.parse_args()
    evidence = Evidence(options.data)
    if options.propose:
        for line in options.propose.read_text(encoding="utf-8").splitlines():
            if line.strip():
                print(propose(evidence, [name.strip() for name in line.split("|")]))
        return 0
    if problems := wrong(evidence, list(read_table(TERMS))):
        print("\n".join(problems))
        return 1
    files = [str(path) for path in ontologies(options.data)]
    return cli.main(
        ["vocabulary", "build", "--csv", str(TERMS), "--obo", *files, "--out", str(STARTER)]
    )


if __name__ == "__main__":
    sys.exit(main())
