"""General English for the checks of written texts: what words mean the same, and which are plain.

    python -m training.english_words --wordnet FOLDER [--data DIR]

`FOLDER` holds WordNet 3.0 (`data.noun`, `index.noun`, ...), as in Debian's package `wordnet-base`
(`apt-get download wordnet-base`, `dpkg -x`). Written is `llm_rewrite/checks/english.txt.gz`, with
WordNet's notice on top. A line is a mark and its words; several words of one lemma are joined by `_`:

* `=` words of one sense, then after `>` its direct hypernyms (nouns);
* `+` two words that WordNet derives from one another (decide, decision);
* `!` two that are antonyms;
* `~` plain words: common in general English, in no usual sense a part of the body, a disease, a drug
  or a procedure;
* `^` words whose first sense is one of those, and which general texts use little;
* `*` forms that no rule of endings gives, and their lemma.

Kept are lemmas that general texts use (counted senses of WordNet) or that occur in two or more
articles below `jats/` of the data folder, and parts of the body; of each, its four most usual senses.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.data import arguments, xml_files
from llm_rewrite.checks.terms import listed

OUT = Path(__file__).resolve().parents[1] / "llm_rewrite" / "checks" / "english.txt.gz"
_PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
_SENSES = 4
_LEAST_USES = 3
_MOST_USES = 6
_LEAST_ARTICLES = 2
_BODY = "08"  # WordNet's file of parts of the body
_MEDICAL = listed(
    """
    pathological_state ill_health symptom injury tumor drug medicine medical_procedure
    medical_care surgical_procedure microorganism cell body_part body_substance tissue
    bodily_process pain bodily_fluid physiological_state physical_condition operation
    medical_science poison body_covering liquid_body_substance anatomical_structure
    """
)
_NOTICE = """\
# From WordNet 3.0, changed: only common words, senses and relations of them. Its licence:
# This software and database is being provided to you, the LICENSEE, by Princeton University under
# the following license. By obtaining, using and/or copying this software and database, you agree
# that you have read, understood, and will comply with these terms and conditions.:
# Permission to use, copy, modify and distribute this software and database and its documentation
# for any purpose and without fee or royalty is hereby granted, provided that you agree to comply
# with the following copyright notice and statements, including the disclaimer, and that the same
# appear on ALL copies of the software, database and documentation, including modifications that
# you make for internal use or for distribution.
# WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved.
# THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS
# OR WARRANTIES, EXPRESS OR IMPLIED. BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY
# MAKES NO REPRESENTATIONS OR WARRANTIES OF MERCHANTABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR
# THAT THE USE OF THE LICENSED SOFTWARE, DATABASE OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD PARTY
# PATENTS, COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS.
# The name of Princeton University or Princeton may not be used in advertising or publicity
# pertaining to distribution of the software and/or database. Title to copyright in this software,
# database and any associated documentation shall at all times remain with Princeton University and
# LICENSEE agrees to preserve same.
"""


class Synset(NamedTuple):
    """A sense: its words, WordNet's file number and its pointers (mark, part, offset, places)."""

    words: tuple[str, ...]
    file: str
    pointers: tuple[tuple[str, str, str, str], ...]


def synsets(folder: Path) -> dict[tuple[str, str], Synset]:
    """All senses by part of speech and offset."""
    found = {}
    for name, part in _PARTS.items():
        for line in (folder / f"data.{name}").read_text("latin-1").splitlines():
            if line.startswith(" "):
                continue
            fields = line.partition(" | ")[0].split()
            count = int(fields[3], 16)
            words = tuple(
                re.sub(r"\((?:a|p|ip)\)\Z", "", w).lower() for w in fields[4 : 4 + 2 * count : 2]
            )
            at = 4 + 2 * count
            pointers = tuple(
                (fields[i], _part(fields[i + 2]), fields[i + 1], fields[i + 3])
                for i in range(at + 1, at + 1 + 4 * int(fields[at]), 4)
            )
            found[part, fields[0]] = Synset(words, fields[1], pointers)
    return found


def senses(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """The most usual senses of each lemma, all parts of speech."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, part in _PARTS.items():
        for line in (folder / f"index.{name}").read_text("latin-1").splitlines():
            if not line.startswith(" "):
                fields = line.split()
                offsets = fields[-int(fields[2]) :]
                found[fields[0]] += [(part, offset) for offset in offsets[:_SENSES]]
    return found


def uses(folder: Path) -> Counter[str]:
    """How often texts of general English have each lemma, by the counts of its senses."""
    counts: Counter[str] = Counter()
    for line in (folder / "cntlist.rev").read_text("latin-1").splitlines():
        key, _, count = line.split()
        counts[key.partition("%")[0]] += int(count)
    return counts


def articles_with(data: Path) -> Counter[str]:
    """In how many articles each lower-case word occurs."""
    counts: Counter[str] = Counter()
    for path in xml_files(data):
        plain = re.sub(r"<[^>]*>", " ", path.read_text("utf-8", errors="replace"))
        counts.update(set(re.findall(r"[a-z]{2,}", plain.lower())))
    return counts


def exceptions(folder: Path) -> Iterator[tuple[str, str]]:
    """Forms without a rule (broken, break), from WordNet's lists."""
    for name in _PARTS:
        for line in (folder / f"{name}.exc").read_text("latin-1").splitlines():
            form, *lemmas = line.split()
            if lemmas and "_" not in form:
                yield form, lemmas[0]


def medical(all_of: dict[tuple[str, str], Synset]) -> set[tuple[str, str]]:
    """The senses that are parts of the body, diseases, drugs, procedures, or pertain to them."""
    children: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for place, synset in all_of.items():
        for mark, part, offset, _ in synset.pointers:
            # ones below it, and adjectives that pertain to it
            if mark in ("@", "@i", "\\"):
                children[part, offset].append(place)
    heads = [
        place
        for place, synset in all_of.items()
        if place[0] == "n" and (synset.file == _BODY or synset.words[0] in _MEDICAL)
    ]
    found: set[tuple[str, str]] = set()
    while heads:
        place = heads.pop()
        if place not in found:
            found.add(place)
            heads += children[place]
    return found


def _part(part: str) -> str:
    return "a" if part == "s" else part


def lines(folder: Path, data: Path) -> Iterator[str]:
    """The lines of the file, in order."""
    all_of, of_lemma, counts = synsets(folder), senses(folder), uses(folder)
    written = articles_with(data)
    kept = {
        lemma
        for lemma in of_lemma
        if re.fullmatch(r"[a-z_]{2,}", lemma)
        and (
            any(all_of[place].file == _BODY for place in of_lemma[lemma])
            or all(counts[lemma] or written[w] >= _LEAST_ARTICLES for w in lemma.split("_"))
        )
    }
    usual = {(lemma, place) for lemma in kept for place in of_lemma[lemma]}
    yield from _synonyms(all_of, usual)
    yield from _pairs(all_of, usual, "+")
    yield from _pairs(all_of, usual, "!")
    bad = medical(all_of)
    plain = sorted(
        lemma
        for lemma in kept
        if counts[lemma] >= _LEAST_USES and "_" not in lemma and bad.isdisjoint(of_lemma[lemma])
    )
    for at in range(0, len(plain), 20):
        yield "~ " + " ".join(plain[at : at + 20])
    specific = sorted(
        lemma
        for lemma in kept
        if counts[lemma] < _MOST_USES and "_" not in lemma and of_lemma[lemma][0] in bad
    )
    for at in range(0, len(specific), 20):
        yield "^ " + " ".join(specific[at : at + 20])
    for form, lemma in sorted(set(exceptions(folder))):
        if lemma in kept:
            yield f"* {form} {lemma}"


def _synonyms(
    all_of: dict[tuple[str, str], Synset], usual: set[tuple[str, tuple[str, str]]]
) -> Iterator[str]:
    for place, synset in sorted(all_of.items()):
        words = [w for w in synset.words if (w, place) in usual]
        above = [
            w
            for mark, part, offset, _ in synset.pointers
            if mark == "@" and part == "n"
            for w in all_of[part, offset].words
            if (w, (part, offset)) in usual
        ]
        if len(words) > 1 or (words and above):
            yield "= " + " ".join(words) + (" > " + " ".join(above) if above else "")


def _pairs(
    all_of: dict[tuple[str, str], Synset],
    usual: set[tuple[str, tuple[str, str]]],
    wanted: str,
) -> Iterator[str]:
    """Pairs of words with a pointer of one kind; of derivations those that differ early."""
    found = set()
    for place, synset in all_of.items():
        for mark, part, offset, places in synset.pointers:
            other = all_of[part, offset]
            here, there = int(places[:2], 16), int(places[2:], 16)
            if mark != wanted or not here or not there:
                continue
            one, two = synset.words[here - 1], other.words[there - 1]
            usually = (one, place) in usual and (two, (part, offset)) in usual
            if usually and one < two and (wanted == "!" or one[:4] != two[:4] or "_" in one + two):
                found.add((one, two))
    yield from (f"{wanted} {one} {two}" for one, two in sorted(found))


def main() -> None:
    """Write the file."""
    parser = arguments(str(__doc__))
    parser.add_argument("--wordnet", type=Path, required=True, help="a folder with WordNet 3.0")
    options = parser.parse_args()
    text = _NOTICE + "\n".join(lines(options.wordnet, options.data)) + "\n"
    OUT.write_bytes(gzip.compress(text.encode("ascii"), 9, mtime=0))
    print(f"{OUT.name}: {len(text)} characters, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
