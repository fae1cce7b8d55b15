"""What the tasks that write questions share: numbered evidence, seeded draws, answers compared."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm_rewrite.material.languages import CODE, named
from llm_rewrite.material.sources import caption_parts, label_parts, reference_parts
from llm_rewrite.prompt import Part, Prompt
from schemas.identifiers import short_hash
from schemas.sample import Question, Sample

JOIN = "; "
TEXT_ORDER = ("subcaption", "caption", "report", "label_caption", "region_caption")
_SURE_MODALITY = 0.8
# What affirms and what denies, by language; closed questions are not asked in any other.
YES_NO = {
    "en": ("yes", "no"),
    "de": ("ja", "nein"),
    "es": ("sí", "no"),
    "fr": ("oui", "non"),
    "it": ("sì", "no"),
    "pt": ("sim", "não"),
    "zh": ("是", "否"),
}
_WORD = re.compile(r"(?:(?<!\w)[-−](?=\d))?[^\W_]+(?:\.\d+)*")
_TEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: str(number) for number, word in enumerate(_TEN)}
_ARTICLES = {"a", "an", "the"}
_ARTICLE = re.compile(r"\A(?:an?|any)\s+", re.IGNORECASE)
_ASKING = re.compile(
    r"\A\W*(?:is|are|was|were|do|does|did|has|have|can|could)(?:n't)?\s+(?:there\s+)?",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:free (?:of|from)|without|absent(?: from)?|not?|lacking)\b", re.IGNORECASE
)


def source_parts(row: Sample, references: int) -> list[Part]:
    """What the record says of the picture: its text, sentences that cite it, its labels."""
    return [*caption_parts(row, TEXT_ORDER), *reference_parts(row, references), *label_parts(row)]


def says_little(row: Sample, parts: Sequence[Part]) -> bool:
    """Whether all that is known is a caption made from kind of picture and part of the body."""
    ours = [row.texts[int(p.ref[5:])] for p in parts if p.ref.startswith("text:")]
    made = all(text.kind == "label_caption" and text.writer for text in ours)
    return made and not any(part.ref.startswith(("label:", "region:")) for part in parts)


def known_facts(row: Sample) -> str:
    """What columns of the row say, a line each; a modality only where it is sure.

    Regions are counted by label in a single picture, since not all of them may be shown.
    """
    sure = row.modality_score is None or row.modality_score >= _SURE_MODALITY
    count = len(row.images) if len(row.images) > 1 else ""
    counts = Counter(region.label for region in row.regions) if not count else Counter[str]()
    facts = {
        "modality": row.modality if sure else "",
        "body part": row.body_part,
        "view": row.view,
        "number of images": count,
        "panel": row.figure.panel if row.figure else "",
        "regions in all": ", ".join(f"{label} {n}" for label, n in sorted(counts.items())),
    }
    return "\n".join(f"{name}: {one_line(str(value))}" for name, value in facts.items() if value)


def numbered(parts: Iterable[Part], first: int = 1) -> tuple[Part, ...]:
    """The parts with their numbers before their names."""
    return tuple(replace(part, name=f"{i} {part.name}") for i, part in enumerate(parts, first))


def refs_of(prompt: Prompt, numbers: Iterable[int]) -> list[str]:
    """References of the parts with these numbers; numbers of none are left out."""
    chosen = [prompt.parts[n - 1].ref for n in numbers if 0 < n <= len(prompt.parts)]
    return [ref for ref in chosen if ref]


def shown_images(row: Sample, see_image: bool, most: int) -> tuple[int, ...]:
    """Places of the pictures that the model is shown: the first ones, where it sees any."""
    return tuple(range(min(len(row.images), most))) if see_image else ()


def language_of(row: Sample) -> str:
    """The language of the text that the row's evidence begins with; English without one."""
    places = [int(part.ref.partition(":")[2]) for part in caption_parts(row, TEXT_ORDER)]
    return row.texts[places[0]].language or "en" if places else "en"


def images_of(row: Sample) -> str:
    """What a request or a question calls the row's pictures."""
    return "these images" if len(row.images) > 1 else "this image"


def in_language(language: str) -> str:
    """What a request adds for another language than English."""
    known = language != "en" and CODE.match(language)
    return f" Write in {named(language)}." if known else ""


def drawn(row: Sample, *key: object) -> int:
    """A large number that depends only on the row's id and what it is for."""
    return int(short_hash("|".join((row.sample_id, *map(str, key))), 15), 16)


def shuffled(row: Sample, items: Iterable[str], *key: object) -> list[str]:
    """The items in an order that depends only on the row's id, what it is for, and on them."""
    return sorted(items, key=lambda item: (drawn(row, *key, item), item))


def placed(row: Sample, right: str, wrong: Iterable[str], question: str) -> list[str]:
    """Options with the right one at a place that only the row's id and the question say."""
    options = shuffled(row, wrong, "options", question)
    options.insert(drawn(row, "place", question) % (len(options) + 1), right)
    return options


@functools.lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """A text for comparing: its words in small letters, numbers as digits, no articles."""
    words = [word.casefold().replace("−", "-") for word in _WORD.findall(text)]
    return " ".join(_NUMBERS.get(word, word) for word in words if word not in _ARTICLES)


def yes_or_no(text: str, language: str) -> str:
    """The word that an answer begins with, where that affirms or denies; else nothing."""
    pair = YES_NO.get(language, ())
    match = re.match(r"\W*([^\W\d_]+)", text)
    first = match[1].casefold() if match else ""
    if language == "zh":
        return next((word for word in pair if text.strip().startswith(word)), "")
    return first if first in pair else ""


def same_answer(question: Question, answer: str) -> bool:
    """Whether an answer is the known one: in other case, marks and spaces, with or without a dot."""
    if question.kind == "closed":
        return (yes_or_no(answer, question.language) or plain(answer)) == plain(question.answer)
    if question.kind == "multiple":
        return _members(question, answer) == _members(question, question.answer)
    return plain(answer) == plain(question.answer)


def _members(question: Question, answer: str) -> set[str]:
    """The options that an answer names; joined by `; ` or, where that names none, by commas."""
    known = {plain(option) for option in question.options}
    named = {plain(piece) for piece in answer.split(";")} - {""}
    if named <= known:
        return named
    return {plain(piece) for piece in re.split(r"[;,]|\band\b", answer)} - {""}


def asked(question: Question, *, options: bool = True, answer: bool = True) -> str:
    """A question in words, with its options and its answer."""
    lines = [one_line(question.question)]
    if options and question.options:
        lines += ["Options:", *(f"- {one_line(option)}" for option in question.options)]
    if answer:
        lines.append(f"Answer: {one_line(question.answer)}")
    return "\n".join(lines)


def stated(question: Question) -> str:
    """A question and its answer as one statement, for use as evidence: it asks nothing."""
    body = one_line(question.question).rstrip(" ?.:")
    if question.kind != "closed":
        return f"{body}: {one_line(question.answer)}."
    body = _ASKING.sub("", body)
    affirmed = plain(question.answer) in {pair[0] for pair in YES_NO.values()}
    if affirmed:
        return f"{body}."
    positive = _NEGATED.sub(" ", body)
    return f"{one_line(positive)}." if positive != body else f"No {_ARTICLE.sub('', body)}."


def one_line(text: str) -> str:
    """A text without line breaks and runs of blanks."""
    return " ".join(text.split())


def spread(row: Sample, places: Sequence[int], most: int, key: str) -> list[int]:
    """At most so many of these questions, of as many tasks as there are; in their order."""
    by_hash = sorted(places, key=lambda i: (drawn(row, key, row.questions[i].question), i))
    ranks: dict[str, int] = {}
    ranked = []
    for order, place in enumerate(by_hash):
        task = row.questions[place].task
        ranks[task] = ranks.get(task, -1) + 1
        ranked.append((ranks[task], order, place))
    return sorted(place for _, _, place in sorted(ranked)[:most])
