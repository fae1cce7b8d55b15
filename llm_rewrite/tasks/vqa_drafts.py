"""From a model's questions to records: kinds counted, options put in order, own checks made.

A model says which options are right and which are wrong; their places are drawn here, so that no
habit of the model shows in the place of the answer (OmniMedVQA, MediConfusion).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from llm_rewrite.answers import BadAnswer
from llm_rewrite.material.question_wording import (
    beyond_the_picture,
    of_the_figure,
    of_the_source,
    over_options,
    quoted,
)
from llm_rewrite.material.questions import (
    JOIN,
    YES_NO,
    language_of,
    one_line,
    placed,
    plain,
    refs_of,
    shuffled,
    yes_or_no,
)
from llm_rewrite.prompt import Prompt
from llm_rewrite.task import Draft
from schemas.evidence import joined
from schemas.identifiers import short_hash
from schemas.sample import Question, Sample

if TYPE_CHECKING:  # it imports this
    from llm_rewrite.tasks.vqa import Options, Written

DIALOGUE = "dialogue"  # the subject of a prompt for a conversation
_LEAST_TURNS = 2
_LONGER, _MUCH_LONGER_BY = 1.8, 20  # times, and characters: an option that stands out
_NUMBER = re.compile(r"\A\s*(?:Q(?:uestion)?\s*)?\d{1,2}\s*[.):]\s+", re.IGNORECASE)
_LETTER = re.compile(r"\A\s*\(?([A-Ha-h])\s*[.):]\s+")


@dataclass(frozen=True)
class Wanted:
    """What a row is asked for: a count by kind, answers of closed questions, right ones of multiple."""

    counts: dict[str, int]
    closed: tuple[str, ...]
    right: tuple[int, ...]
    choices: int

    @property
    def total(self) -> int:
        """All questions together."""
        return sum(self.counts.values())


def drafts_of(
    row: Sample, prompt: Prompt, written: Sequence[Written], wanted: Wanted, options: Options
) -> list[Draft]:
    """The first questions of each kind wanted, each once; or the turns of a conversation.

    Raises `BadAnswer` where there are questions but none of a kind that was asked for.
    """
    if prompt.subject == DIALOGUE:
        return _turns(row, prompt, written, options)
    left = dict(wanted.counts)
    known = {plain(question.question) for question in row.questions}
    drafts = []
    for one in written:
        if left.get(one.kind, 0) and plain(one.question) not in known:
            left[one.kind] -= 1
            known.add(plain(one.question))
            drafts.append(_draft(row, prompt, one, wanted.choices, options))
    if written and not any(wanted.counts.get(one.kind) for one in written):
        kinds = ", ".join(kind for kind, count in wanted.counts.items() if count)
        raise BadAnswer(f"no question of the kinds asked for: {kinds}")
    return drafts


def _turns(
    row: Sample, prompt: Prompt, written: Sequence[Written], options: Options
) -> list[Draft]:
    """One conversation; its turns share an id and keep their order."""
    if len(written) < _LEAST_TURNS:
        raise BadAnswer(f"{len(written)} turns are no conversation; asked for {options.dialogue}")
    talk = short_hash(f"{row.sample_id}|{written[0].question}", 12)
    drafts = []
    for one in written[: options.dialogue]:
        question, findings = _opened(_base(row, prompt, one, options), one)
        question = msgspec.structs.replace(question, dialogue=talk)
        drafts.append(_checked(row, prompt, question, findings))
    return drafts


def _draft(row: Sample, prompt: Prompt, one: Written, choices: int, options: Options) -> Draft:
    base = _base(row, prompt, one, options)
    if one.kind == "open":
        question, findings = _opened(base, one)
    elif one.kind == "closed":
        question, findings = _closed(base, one)
    else:
        question, findings = _choice(row, base, one, choices)
    return _checked(row, prompt, question, findings)


def _base(row: Sample, prompt: Prompt, one: Written, options: Options) -> Question:
    """All of a question but its answer; a task that was not asked for is left out."""
    task = "_".join(one.task.split()).casefold()
    known = {name.replace(" ", "_"): name for name in options.tasks}
    images = [f"image:{place}" for place in prompt.images]
    refs = refs_of(prompt, one.parts)
    return Question(
        "open",
        one_line(_NUMBER.sub("", one.question)),
        evidence=joined([*refs, *images]) if refs else "",
        task=known.get(task, ""),
        language=language_of(row),
    )


def _opened(base: Question, one: Written) -> tuple[Question, list[str]]:
    answer = JOIN.join(one_line(text) for text in one.right if text.strip())
    return msgspec.structs.replace(base, kind="open", answer=answer), []


def _closed(base: Question, one: Written) -> tuple[Question, list[str]]:
    """Yes or no, whatever follows it; anything else is an answer that is no option."""
    pair = YES_NO[base.language]
    word = yes_or_no(one.right[0], base.language)
    english = yes_or_no(one.right[0], "en")
    word = word or (pair[YES_NO["en"].index(english)] if english else "")
    said = {yes_or_no(text, base.language) for text in one.right}
    found = (
        [] if word and len(said) == 1 else [f"option_wrong: {one.right[0][:80]!r} is not yes or no"]
    )
    answer = word or one_line(one.right[0])
    made = msgspec.structs.replace(base, kind="closed", options=list(pair), answer=answer)
    return made, found


def _choice(row: Sample, base: Question, one: Written, choices: int) -> tuple[Question, list[str]]:
    """A choice with its options in a drawn order; what is wrong with their number and form."""
    right, wrong = _tidy(one.right, one.wrong[: max(1, choices - len(one.right))])
    single = one.kind == "single"
    findings = over_options([*right, *wrong]) + _miscounted(right, wrong, choices, single)
    findings += _standing_out(right, wrong)
    if single and len(right) == 1:
        options = placed(row, right[0], wrong, base.question)
    else:
        options = shuffled(row, [*right, *wrong], "options", base.question)
    answer = JOIN.join(option for option in options if option in right)
    made = msgspec.structs.replace(base, kind=one.kind, options=options, answer=answer)
    return made, findings


def _tidy(right: Sequence[str], wrong: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options without letters before them, dots after them, and the mark that joins them."""
    texts = [one_line(text).replace(JOIN, ", ") for text in (*right, *wrong)]
    letters = [match[1].upper() for text in texts if (match := _LETTER.match(text))]
    if len(texts) > 1 and sorted(letters) == list("ABCDEFGH"[: len(texts)]):
        texts = [_LETTER.sub("", text) for text in texts]
    texts = [text[:-1].rstrip() if text.endswith(".") else text for text in texts]
    return texts[: len(right)], texts[len(right) :]


def _miscounted(
    right: Sequence[str], wrong: Sequence[str], choices: int, single: bool
) -> list[str]:
    every = [plain(text) for text in (*right, *wrong)]
    twice = [text for text in dict.fromkeys(every) if every.count(text) > 1]
    if twice or not all(every):
        return [f"option_wrong: {twice[0]!r} twice" if twice else "option_wrong: an empty option"]
    if len(every) != choices:
        return [f"option_wrong: {len(every)} options, not {choices}"]
    if single and len(right) != 1:
        return [f"option_wrong: {len(right)} right options in a single choice"]
    if not single and (len(right) < 2 or not wrong):
        return [f"option_wrong: {len(right)} of {len(every)} right in a multiple choice"]
    return []


def _standing_out(right: Sequence[str], wrong: Sequence[str]) -> list[str]:
    """Right options that are all much longer than the longest wrong one can be told by that."""
    shortest, longest = min(map(len, right), default=0), max(map(len, wrong), default=0)
    if shortest > _LONGER * longest and shortest > longest + _MUCH_LONGER_BY:
        return [f"answer_leaked: the right option has {shortest} characters, a wrong one {longest}"]
    return []


def _checked(row: Sample, prompt: Prompt, question: Question, findings: Sequence[str]) -> Draft:
    """A draft with all that this task's own checks find."""
    asked, said = question.question, JOIN.join([question.answer, *question.options])
    sources = [part.text for part in prompt.parts if part.ref.startswith("text:")]
    found = [*findings, *of_the_source(f"{asked} {said}"), *of_the_figure(f"{asked} {said}")]
    found += beyond_the_picture(asked, len(row.images))
    found += quoted(asked, sources)
    return Draft(question, findings=tuple(found))
