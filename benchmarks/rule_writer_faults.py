"""The mistakes that the rule writer makes: one in an answer, by name, with the words that show it.

What is planted can be looked for in a corpus: `marks` stand together in one text or question, and
in none that was written well.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.rule_writer_answers import swapped
from benchmarks.rule_writer_request import Asked
from benchmarks.rule_writer_words import capital

_SIDES = (("left", "right"), ("左", "右"), ("أيسر", "أيمن"))
_ADDED = (" There is also a fracture of the third rib.", " A calcified granuloma is seen as well.")
_DENIALS = (
    (r"\b(no|without) (?:sign of |evidence of )?(?=[a-z])", ""),
    (r"\bis not\b", "is"),
    (r"\bare not\b", "are"),
    (r"(无(?!有)|没有) ?", ""),
    (r"(لا يوجد|بدون) ?", ""),
)
_ORDER = re.compile(
    r"ignore (?:all |any |the )?(?:previous|prior|above) instructions[.,:;]?\s*(?:and |then )?"
    r"(?:write|say|answer|reply|output|respond)?\s*(?:with|only)?:?\s*[\"'“]?([^\"'”.\n]{3,80})",
    re.IGNORECASE,
)
FORM = ("broken_json", "wrong_schema")
_RARE = ("side_swapped", "number_changed", "denial_dropped", "answer_wrong")


@dataclass(frozen=True)
class Planted:
    """A mistake: its name and the words that stand together where it is; none for one of form."""

    fault: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """A string of an answer that a mistake can be put in: its path, and what stands beside it."""

    path: tuple[str | int, ...]
    beside: tuple[str, ...] = ()


Change = Callable[[str, Asked], str]


def spoiled(answer: dict[str, Any], asked: Asked) -> tuple[str, Planted] | None:
    """The answer's text with one mistake, drawn among those it has room for; None for no room."""
    names = asked.mixed([*_CHANGES, *_OF_QUESTIONS, *FORM], "fault")
    if asked.draw(2, "rare"):  # few answers have room for these
        names = [*asked.mixed(_RARE, "rare"), *names]
    if "obeyed" in names and _ORDER.search(_material(asked)):
        names.insert(0, "obeyed")
    for name in names:
        if name in FORM:
            return _out_of_form(answer, name), Planted(name)
        found = _question_fault(answer, asked, name) if name in _OF_QUESTIONS else None
        found = found or (_text_fault(answer, asked, name) if name in _CHANGES else None)
        if found:
            made, marks = found
            return json.dumps(made, ensure_ascii=False), Planted(name, marks)
    return None


def _out_of_form(answer: dict[str, Any], name: str) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    if name == "broken_json":
        return text[: len(text) * 2 // 3]
    return json.dumps({f"{key}_": value for key, value in answer.items()}, ensure_ascii=False)


def _text_fault(answer: dict[str, Any], asked: Asked, name: str) -> tuple[dict, tuple] | None:
    for slot in _slots(answer, asked):
        before = _at(answer, slot.path)
        after = _CHANGES[name](before, asked)
        if after != before and after.strip():
            made = copy.deepcopy(answer)
            _at(made, slot.path[:-1])[slot.path[-1]] = after
            return made, (_told(after, asked), *slot.beside, *_around(answer, before, asked))
    return None


def _around(answer: dict[str, Any], changed: str, asked: Asked) -> list[str]:
    """What else stands in the same text, so that a text made of the same form is not taken for it."""
    if asked.task == "describe_regions" and "Give its number in `numbers` and one" in asked.system:
        all_texts = [answer["whole"], *(region["text"] for region in answer["regions"])]
        return [text for text in all_texts if text != changed]
    if asked.task == "reason":
        question = next(b.text for b in asked.blocks if b.name.startswith("question, "))
        steps = [step for step in answer["steps"] if step != changed]
        return [question.split("\n")[0], *(_told(step, asked) for step in steps)]
    return []


def _told(text: str, asked: Asked) -> str:
    """A text as it will stand in the record: marks of regions are made their boxes."""
    blocks = {block.number: block.text for block in asked.named("region")}

    def box(mark: re.Match[str]) -> str:
        found = re.search(r"box (\[[\d, ]+\])", blocks.get(int(mark[1]), ""))
        return found[1] if found else ""

    return re.sub(r"<region (\d+)>", box, text)


def _at(answer: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        answer = answer[step]
    return answer


def _slots(answer: dict[str, Any], asked: Asked) -> Iterator[Slot]:
    """The strings that say something about the picture."""
    match asked.task:
        case "rewrite_caption" | "caption_labels":
            yield from (Slot(("captions", i)) for i in range(len(answer["captions"])))
        case "summarise_references":
            yield from (Slot(("sentences", i)) for i in range(len(answer["sentences"])))
        case "describe_regions":
            yield from (Slot(("regions", i, "text")) for i in range(len(answer["regions"])))
            yield Slot(("whole",))
        case "vqa":
            for i, one in enumerate(answer["questions"]):
                if one["kind"] == "open":
                    yield Slot(("questions", i, "right", 0), (one["question"],))
        case "reason":
            yield from (Slot(("steps", i)) for i in range(len(answer["steps"])))
        case "merge_questions":
            yield Slot(("answer",), (answer["question"],))
        case "translate":
            yield from (Slot(("lines", i, "text")) for i in range(len(answer["lines"])))


def _sides(text: str, asked: Asked) -> str:
    return swapped(text, _SIDES[:1]) if re.search(r"[a-z]", text) else _other_side(text)


def _other_side(text: str) -> str:
    for one, other in _SIDES[1:]:
        if one in text or other in text:
            return text.replace(one, "\0").replace(other, one).replace("\0", other)
    return text


def _number(text: str, asked: Asked) -> str:
    """A number that stands for itself, not in a name or a mark of a region."""
    numbers = re.compile(r"(?<![\w.,<-])\d{1,3}(?:\.\d+)?(?![\w>-]|\.\d)(?!\s*region)")
    if "<region" in text:
        return text
    return numbers.sub(lambda m: _raised(m[0]), text, count=1)


def _raised(number: str) -> str:
    return f"{float(number) + 3.5:g}" if "." in number else str(int(number) + 7)


def _denial(text: str, asked: Asked) -> str:
    for pattern, instead in _DENIALS:
        made = re.sub(pattern, instead, text, count=1, flags=re.IGNORECASE)
        if made != text:
            return capital(made)
    return text


def _added(text: str, asked: Asked) -> str:
    if asked.task == "translate" or len(text.split()) < 4 or " and " in _ADDED[0][:3]:
        return text
    return text.rstrip() + asked.pick(_ADDED, "added")


def _source(text: str, asked: Asked) -> str:
    if asked.task == "translate" or len(text.split()) < 3:
        return text
    lead = asked.pick(("The caption shows that ", "According to the text, "), "source")
    return lead + text[:1].lower() + text[1:]


def _untranslated(text: str, asked: Asked) -> str:
    if asked.task != "translate":
        return text
    for block in asked.named("text", "question"):
        for line in block.text.split("\n"):
            words = line.partition(": ")[2]
            if len(words.split()) > 4 and words not in text:
                return words
    return text


def _obeyed(text: str, asked: Asked) -> str:
    order = _ORDER.search(_material(asked))
    return order[1].strip() if order and asked.task != "translate" else text


def _material(asked: Asked) -> str:
    return "\n".join(block.text for block in asked.blocks)


_CHANGES: dict[str, Change] = {
    "side_swapped": _sides,
    "number_changed": _number,
    "denial_dropped": _denial,
    "finding_added": _added,
    "source_mentioned": _source,
    "untranslated": _untranslated,
    "obeyed": _obeyed,
}
_OF_QUESTIONS = ("answer_leaked", "answer_wrong")


def _question_fault(answer: dict[str, Any], asked: Asked, name: str) -> tuple[dict, tuple] | None:
    made = copy.deepcopy(answer)
    if asked.task == "vqa":
        return _of_vqa(made, name)
    if asked.task == "merge_questions" and name == "answer_leaked":
        made["question"] = f"{made['question'].rstrip('?')}, given that {made['answer']}"
        return made, (made["question"], made["answer"])
    if asked.task == "reason" and name == "answer_wrong":
        return _of_reason(made, asked)
    if asked.task == "preferences" and name == "answer_wrong":
        return _of_preferences(made, asked)
    return None


def _of_vqa(made: dict[str, Any], name: str) -> tuple[dict, tuple] | None:
    for one in made["questions"]:
        if name == "answer_leaked" and one["kind"] in ("open", "single"):
            one["question"] = f"{one['question'].rstrip('?')}, such as {one['right'][0]}?"
            return made, (one["question"],)
        if name == "answer_wrong" and one["kind"] == "single" and one["wrong"]:
            one["right"][0], one["wrong"][0] = one["wrong"][0], one["right"][0]
            return made, (one["question"], f"answer {one['right'][0]}")
        if name == "answer_wrong" and one["kind"] == "closed" and one["right"] == ["no"]:
            one["right"] = ["yes"]
            return made, (one["question"], "answer yes")
    return None


def _of_reason(made: dict[str, Any], asked: Asked) -> tuple[dict, tuple] | None:
    turned = {"yes": "no", "no": "yes"}.get(made["answer"].lower())
    if turned is None:
        return None
    right = f"answer {made['answer']}"
    made["answer"] = turned
    made["steps"][-1] = f"So the answer is {turned}."
    return made, (made["steps"][-1], right, *_around(made, made["steps"][-1], asked))


def _of_preferences(made: dict[str, Any], asked: Asked) -> tuple[dict, tuple] | None:
    """A rejected answer that is the right one in other words."""
    for item in made["items"]:
        block = asked.named(f"item {item['item']}")[0]
        question, _, answer = block.text.rpartition("\nAnswer: ")
        free = f"options of item {item['item']}" not in {b.name for b in asked.blocks}
        if free and answer.lower() not in ("yes", "no"):
            item["rejected"] = f"{answer.rstrip('.')}."
            said = question.partition(": ")[2]
            return made, (said, f"answer {answer} rejected {item['rejected']}")
    return None
