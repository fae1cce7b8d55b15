"""What the rule writer makes of given questions: merged ones, rejected answers, a judge's marks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from benchmarks.rule_writer_request import Asked, Block
from benchmarks.rule_writer_words import FINDINGS, MODALITIES, ORGANS, capital, ended, known, listed

_OPPOSITES = (
    ("left", "right"),
    ("upper", "lower"),
    ("anterior", "posterior"),
    ("medial", "lateral"),
    ("apical", "basal"),
    ("bilateral", "left-sided"),
    ("middle", "lower"),
)
_SIZES = (
    ("small", "large"),
    ("mild", "severe"),
    ("moderate", "mild"),
    ("single", "several"),
    ("multiple", "single"),
    ("diffuse", "focal"),
    ("two", "four"),
    ("three", "five"),
    ("enlarged", "small"),
)


_HERE = r"(?: in (?:this|the) image)?"
# What a question asks for as a noun; the first that fits.
_TOPICS = (
    (
        r"how many (.+?)(?: are there| are marked| are seen| can be seen| are)\b.*",
        r"the number of \1",
    ),
    (rf"where{_HERE} (?:is|are|does|do) (.+?)(?: lie| located)?", r"the place of \1"),
    (r"in which half .*does (.+?) lie", r"the half in which \1 lies"),
    (r"in which part .*does (.+?) lie", r"the part in which \1 lies"),
    (rf"(?:is|are) there (?:any )?(.+?){_HERE}", r"the presence of \1"),
    (rf"can (.+?) be seen{_HERE}", r"the presence of \1"),
    (r"does this image show (.+)", r"the presence of \1"),
    (r"which has the larger box.*?: (.+) or (.+)", r"the size of \1 beside \2"),
    (r".*\b(?:technique|modality|kind of image|imaging|made by|used to make)\b.*", "the technique"),
    (r".*\b(?:part of the body|body part|parts of the body)\b.*", "the part of the body"),
    (r".*\bplane\b.*", "the plane"),
    (r"(?:what|which) is (.+)", r"\1"),
    (r"(?:what|which) (\w.*?) (?:is|are|was|were) (.+)", r"the \1 \2"),
)
# Where the predicate of a question begins, after its subject.
_PREDICATE = re.compile(
    r" (?=(?:an?|the|in|on|at|within|by|from|present|seen|visible|located|taken|used|well|more|very"
    r"|not|normal|abnormal)\b)"
)


def merged(asked: Asked) -> dict[str, Any]:
    """`merge_questions`: one question for what all of them ask, and one answer with every fact."""
    pairs = [_pair(block) for block in asked.named("question")]
    topics = list(dict.fromkeys(_topic(question) for question, _ in pairs))
    facts = [_fact(question, answer) for question, answer in pairs]
    if len(pairs) == 1:
        form = asked.pick(("What does this image tell about {}?", "What can be said of {} here?"))
    else:
        form = asked.pick(
            ("What can be said of {} in this image?", "Looking at this image, describe {}.")
        )
    return {"question": form.format(listed(topics)), "answer": " ".join(facts)}


def _pair(block: Block) -> tuple[str, str]:
    """The question without its mark, and its answer."""
    question, _, answer = block.text.partition("\nAnswer: ")
    return question.removeprefix("Question: ").rstrip("?. "), answer


def _topic(question: str) -> str:
    for pattern, topic in _TOPICS:
        if match := re.fullmatch(pattern, question, re.IGNORECASE):
            return match.expand(topic)
    if re.match(r"(?:is|are|was|were|does|do|can|has|have)\b", question, re.IGNORECASE):
        return f"whether {_stated(question)}"
    bare = re.sub(r"^(?:what|which|where|how|name|why)(?: is| are)? ", "", question, flags=re.I)
    return bare[:1].lower() + bare[1:]


def _stated(question: str) -> str:
    """`is the heart enlarged` as `the heart is enlarged`, as well as rules can."""
    verb, _, rest = question.partition(" ")
    bare = re.match(r"(?:this|these|it|there)(?: (?:image|scan|film|picture)s?)? ", rest, re.I)
    cut = _PREDICATE.search(rest, 4)
    start = bare.end() if bare else cut.end() if cut else rest.rfind(" ") + 1
    subject, predicate = rest[:start].strip(), rest[start:]
    return f"{subject} {verb.lower()} {predicate}"


def _fact(question: str, answer: str) -> str:
    """What a question and its answer say together, as a sentence."""
    low = answer.lower().rstrip(".")
    seen = rf"(?:(?:is|are) there|can|does this image show) (?:any )?(.+?)(?: be seen)?{_HERE}"
    if low in ("yes", "no"):
        match = re.fullmatch(seen, question, re.IGNORECASE)
        if match:
            bare = re.sub(r"^(?:an? |no )", "", match[1])
            denied = low == "no" and not match[1].startswith("no ")
            return f"There is no {bare}." if denied else f"There is {match[1]}."
        stated = _stated(question)
        return ended(capital(stated)) if low == "yes" else f"It is not the case that {stated}."
    if count := re.match(r"how many (.+?)(?: are\b.*| can\b.*|$)", question, re.IGNORECASE):
        return f"The number of {count[1]} is {low}."
    if len(answer.split()) > 5 and answer.endswith("."):
        return answer
    return f"{capital(_topic(question).removeprefix('whether '))}: {ended(answer)}"


def rejected(asked: Asked) -> dict[str, Any]:
    """`preferences`: for each item an answer with the fault that the request names."""
    wanted = dict(re.findall(r"Item (\d+): (.*?)\.(?= Item|\Z)", asked.request))
    items = []
    for number, what in wanted.items():
        question, answer = _pair(asked.named(f"item {number}")[0])
        options = [
            line[2:] for line in "\n".join(asked.texts(f"options of item {number}")).split("\n")
        ]
        made = _wrong(asked, what, question, answer, [o for o in options if o and o != answer])
        matters = asked.draw(11, number, "matters")
        reason = "It would lead to another decision." if matters > 4 else "Little would change."
        items.append({"item": int(number), "rejected": made, "reason": reason, "matters": matters})
    return {"items": items}


def _wrong(asked: Asked, what: str, question: str, answer: str, options: list[str]) -> str:
    if "opposite answer" in what:
        return "no" if answer.lower().startswith("yes") else "yes"
    if "wrong options" in what:
        return asked.pick(options, question) if options else answer
    makers: dict[str, Callable[[str], str]] = {
        "the other side": lambda text: swapped(text, _OPPOSITES),
        "another size": lambda text: other_number(swapped(text, _SIZES), text),
        "leave out": _left_out,
        "add one finding": lambda text: (
            f"{text.rstrip('.')} and {asked.pick(FINDINGS[:12], question)}"
        ),
    }
    for words, maker in makers.items():
        if words in what and maker(answer) != answer:
            return maker(answer)
    return _another(asked, answer)


def _another(asked: Asked, answer: str) -> str:
    """Something else of the same sort."""
    lists: tuple[list[str], ...] = (list(FINDINGS), ORGANS, list(MODALITIES))
    for words in lists:
        here = known(answer, words)
        if here:
            other = asked.pick([w for w in words if w not in here and here[0] not in w], answer)
            return re.sub(rf"\b{re.escape(here[0])}\w*", other, answer, flags=re.IGNORECASE)
    return capital(asked.pick(FINDINGS[:14], answer))


def _left_out(text: str) -> str:
    pieces = re.split(r", |; | and | with ", text)
    return text[len(pieces[0]) :].lstrip(",; ").removeprefix("and ").removeprefix("with ") or text


def swapped(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """A text with the first of these words that it has turned to its opposite."""
    for one, other in pairs:
        for word, instead in ((one, other), (other, one)):
            pattern = re.compile(rf"\b{word}\b", re.IGNORECASE)
            if match := pattern.search(text):
                made = capital(instead) if match[0][0].isupper() else instead
                return f"{text[: match.start()]}{made}{text[match.end() :]}"
    return text


def other_number(text: str, source: str) -> str:
    """A text with its first number raised, where it is still as its source."""
    if text != source:
        return text
    return re.sub(r"\d+", lambda m: str(int(m[0][:9]) + 3), text, count=1)


def verdicts(asked: Asked) -> dict[str, Any]:
    """`judge`: marks by a hash, most of them good; a weight where an answer is to be wrong."""
    made = []
    for block in asked.blocks:
        if not re.fullmatch(r"item \d+", block.name):
            continue
        number = int(block.name.split()[1])
        poor = asked.draw(10, block.text) == 0
        marks = {
            m: 5 - asked.draw(2, m, block.text)
            for m in ("accuracy", "grounded", "complete", "clear")
        }
        if poor:
            marks["accuracy"] = 2
        verdict: dict[str, Any] = {"item": number, "reason": "a wrong detail" if poor else "none"}
        verdict |= marks
        if "\nRejected answer: " in block.text:
            verdict["weight"] = asked.draw(11, "weight", block.text)
        if "numbered sentences" in asked.system and (
            lines := re.findall(r"(?m)^\d+: ", block.text)
        ):
            verdict["sentences"] = ["correct"] * len(lines)
        made.append(verdict)
    return {"verdicts": made}
