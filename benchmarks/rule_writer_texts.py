"""Texts that the rule writer makes: captions in other words, summaries, captions of labels, regions."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.rule_writer_request import Asked, Block
from benchmarks.rule_writer_words import (
    HISTORY,
    SYNONYMS,
    article,
    capital,
    cleaned,
    ended,
    label_of,
    listed,
    sentences,
    uncited,
)

_SHOWING = re.compile(r"\A([A-Z][^,.;:()]{2,50}?) (?:showing|shows|demonstrates) ([^.;:]{5,})\.?\Z")
_MOST_WORDS = 40


def captions(asked: Asked) -> dict[str, Any]:
    """`rewrite_caption`: the caption in other words, as many ways as asked for."""
    source = cleaned(asked.texts("caption")[0])
    visible = "Keep only what a viewer can see" in asked.system
    told = [s for s in sentences(source) if not (visible and HISTORY.search(s))]
    wanted = re.search(r"Give (\d+) captions in", asked.system)
    count = int(wanted[1]) if wanted else 1
    made = []
    for i in range(3 * count):
        parts = [_reworded(s, asked, i) for s in told]
        text = " ".join(_turned(parts, asked, i) if count > 1 else parts)
        made.append(" ".join([text, *_worked_in(source, asked)]).strip())
    return {"captions": [text for text in dict.fromkeys(made) if text][:count]}


def _reworded(sentence: str, asked: Asked, way: int) -> str:
    """A sentence with some words changed, and another build where it has the common one."""
    for pattern, other in SYNONYMS:
        if asked.draw(3, way, pattern):
            sentence = re.sub(pattern, other, sentence)
    sentence = capital(sentence)
    match = _SHOWING.match(sentence)
    kind = asked.draw(3, way, "build")
    if match is None or kind == 0 or " that " in sentence:
        return ended(sentence)
    what, found = match[1], ended(match[2])
    return f"{what} with {found}" if kind == 1 else f"{what}. It shows {found}"


def _turned(parts: list[str], asked: Asked, way: int) -> list[str]:
    """Sentences in another order, where none refers to one before it."""
    refers = any(re.match(r"(?:It|This|These|The same|Note|\()", part) for part in parts)
    return parts[::-1] if not refers and asked.draw(2, way, "order") else parts


def _worked_in(source: str, asked: Asked) -> list[str]:
    """A citing sentence that says something more of the picture, in its own words."""
    have = set(re.findall(r"\w{4,}", source.lower()))
    for text in asked.texts("citing sentence"):
        said = uncited(text)
        words = set(re.findall(r"\w{4,}", said.lower()))
        fits = said and not HISTORY.search(said) and len(said.split()) <= _MOST_WORDS
        if fits and len(words & have) >= 1 and len(words - have) >= 3:
            return [ended(said)]
    return []


def summary(asked: Asked) -> dict[str, Any]:
    """`summarise_references`: the sentences that cite the figure, without the citation."""
    most = int((re.search(r"at most (\d+) sentences", asked.request) or ["", "3"])[1])
    label = " ".join(asked.texts("this picture"))
    number = re.search(r"\d+", label)
    panel = re.search(r"panel (\w)", label)
    chosen = []
    for text in asked.texts("citing sentence", "citing paragraph"):
        for sentence in sentences(text):
            if _cites(sentence, number[0] if number else "", panel[1] if panel else ""):
                chosen.append(uncited(sentence))
    kept = [ended(said) for said in dict.fromkeys(chosen) if said and len(said.split()) < 70]
    return {"sentences": kept[:most]}


def _cites(sentence: str, number: str, panel: str) -> bool:
    """Whether a sentence cites this figure, and this panel or no panel."""
    cited = re.findall(
        rf"\bfig(?:ure)?s?\.? ?{number or 'S?[0-9]+'}(?!\d) ?(\(?[A-Za-z]?\b)", sentence, re.I
    )
    letters = {letter.strip("( ").lower() for letter in cited}
    return bool(cited) and (not panel or letters <= {"", panel.lower()})


def of_labels(asked: Asked) -> dict[str, Any]:
    """`caption_labels`: the kind of picture, what is present, possible and absent."""
    values: dict[str, list[str]] = {"present": [], "possible": [], "absent": []}
    for text in asked.texts("label"):
        name, value = label_of(text)
        values.get(value, []).append(name)
    what = _picture(asked)
    view = asked.facts.get("view", "")
    if view and view.lower() not in what.lower():
        what = f"{view} view of {article(what)}" if " " in view else f"{view} {what}"
    wanted = re.search(r"Give (\d+) captions in", asked.system)
    made = [_labelled(what, values, asked, way) for way in range(int(wanted[1]) if wanted else 1)]
    return {"captions": made}


def _labelled(what: str, values: dict[str, list[str]], asked: Asked, way: int) -> str:
    present = asked.mixed(values["present"], way)
    patient = asked.facts.get("patient", "") if asked.draw(2, way, "patient") else ""
    of = f" of a {patient} patient" if patient in ("male", "female") else ""
    absent = asked.mixed(values["absent"], way)[: asked.draw(3, way, "absent")]
    pieces = [f"with possible {listed(values['possible'])}"] if values["possible"] else []
    pieces += [f"without {listed(absent).replace(' and ', ' or ')}"] if absent else []
    rest = ", " + ", ".join(pieces) if pieces else ""
    if not present:
        return ended(f"{capital(article(what))}{of}{rest}")
    verb = asked.pick(("showing", "with", "that shows"), way, "verb")
    return ended(f"{capital(article(what))}{of} {verb} {listed(present)}{rest}")


def _picture(asked: Asked) -> str:
    facts = asked.facts
    return facts.get("kind of picture") or facts.get("picture") or facts.get("modality") or "image"


def of_regions(asked: Asked) -> dict[str, Any]:
    """`describe_regions`: the picture, then each region with its place, share and neighbour."""
    counts = [
        line.partition(",")[0] for line in "\n".join(asked.texts("marked regions")).split("\n")
    ]
    marked = [_counted(line) for line in counts if line.strip()]
    organ = asked.facts.get("organ") or asked.facts.get("body part", "")
    of = f" of the {organ}" if organ and organ not in _picture(asked) else ""
    whole = f"{capital(article(_picture(asked)))}{of} with {listed(marked)}."
    regions = [b for b in asked.blocks if b.name.startswith("region ")]
    return {"whole": whole, "regions": [_region(block, asked) for block in regions]}


def _counted(line: str) -> str:
    label, _, count = line.rpartition(": ")
    if count == "1":
        return label if label.endswith("s") else article(label)
    words = dict(
        enumerate(
            ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
        )
    )
    number = words.get(int(count), count) if count.isdigit() else count
    return f"{number} {label if label.endswith('s') else label + 's'}"


def _region(block: Block, asked: Asked) -> dict[str, Any]:
    number = int(block.name.split()[1])
    lines = dict(line.partition(": ")[::2] for line in block.text.split("\n"))
    label, place = lines.get("label", "region"), lines.get("place in the picture", "")
    share, _, size = lines.get("share of the picture", "").rstrip(")").partition(" (")
    many = label.endswith("s") and not label.endswith("ss")
    sized = f"{size}{'-sized' if size == 'medium' else ''} {label}" if size and not many else label
    subject = capital(label if many else article(sized))
    spread = place.startswith(("spread", "all"))
    where = (
        place
        if spread
        else f"in the {place} of the image"
        if place != "centre"
        else "in the centre of the image"
    )
    verb = ("are " if many else "is ") if spread else ("lie " if many else "lies ")
    near = re.sub(r"\s*region \d+ \((.*)\)", r" a \1", lines.get("it lies", ""))
    side = lines.get("side", "")
    text = f"{subject} {verb}{where}" if place else f"{subject} {'are' if many else 'is'} marked"
    text += f", on {side}" if side.startswith("the patient's") else ""
    text += f", {near}" if near and asked.draw(2, number, "near") else ""
    text += f", and {'take' if many else 'takes'} up {share} of it" if share and place else ""
    return {"numbers": [number], "text": ended(text)}
