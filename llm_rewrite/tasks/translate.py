"""translate: bilingual twins of texts and questions, with terms, numbers and sides kept.

A translated text is of kind `translation`; a translated question stands beside its source with the
same options in the same order. Both name their source in `evidence`; a text or question without
that is native. As in ChiMed-VL, BiMediX2, AIN, MedRegA and SLAKE.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import msgspec
from pydantic import Field, field_validator, model_validator

from llm_rewrite.checks.translation import check_translation
from llm_rewrite.faithfulness import Evidence, Finding, check_text
from llm_rewrite.material.glossary import Entry, load_glossary, missing
from llm_rewrite.material.languages import CODE, named, same_language
from llm_rewrite.material.lines import Line, numbered, read_lines
from llm_rewrite.material.questions import YES_NO
from llm_rewrite.material.sources import CAPTION_KINDS, usable
from llm_rewrite.material.twins import put_back, strings_of, twin_of
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, FollowUp, Task, Tools
from schemas.evidence import joined
from schemas.options import suggestion
from schemas.sample import QUESTION_KINDS, TEXT_KINDS, Question, Sample, Text

NAME, VERSION = "translate", 1

INSTRUCTIONS = """
You translate texts of a medical image corpus for specialists who read the target language.

Each line of the material begins with its number and a colon. Give back every line once, under its
number, translated whole: nothing added, left out, explained or corrected. A line that asks a
question is translated, not answered. The lines of one block belong together: a question, its
options, its answer.

Use the terms that physicians of that language write. Keep every number, unit, date, side (left,
right), negation and degree of certainty. Write digits as digits. Leave as they are: numbers in
brackets, letters of panels, names of genes and drugs, and abbreviations that have no usual
translation. Where a glossary is given, use its translations.
"""

BACK = """
You translate medical texts literally, so that others can see what a text says.

Each line of the material begins with its number and a colon. Give back every line once, under its
number, translated whole and as close to its words as grammar lets you. Do not correct, complete or
smooth anything: what is wrong in the line must be wrong in your translation. A line that asks a
question is translated, not answered.
"""

GLOSSARY = "knowledge:glossary"
_AT_ONCE = 6  # questions in one request


class Options(TaskOptions):
    """`language`: one code or several (`zh`, `[zh, ar]`); what is in it already is left alone.

    `kinds` of texts, of which the first that a row has is translated, or with `every` all.
    `questions`: the kinds of questions to translate, at most `most_questions` a row. `glossary`: a
    CSV or TSV file, `term,translation` or with a first line `term,zh,ar`; what it says must stand
    in the translation. `back`: a second request translates back without the source, and the result
    is proved against it (sources in English only).
    """

    language: list[str] = Field(min_length=1)
    kinds: list[str] = ["rewritten", *CAPTION_KINDS]
    every: bool = False
    questions: list[str] = []
    most_questions: int = Field(12, ge=1, le=200)
    glossary: str = ""
    back: bool = False

    @field_validator("language", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("language")
    @classmethod
    def _codes(cls, codes: list[str]) -> list[str]:
        for code in codes:
            if not CODE.match(code):
                raise ValueError(f"{code!r}: write a language as its code: en, zh, zh-Hant")
        return list(dict.fromkeys(codes))

    @field_validator("kinds", "questions")
    @classmethod
    def _known(cls, kinds: list[str], info) -> list[str]:
        allowed = TEXT_KINDS if info.field_name == "kinds" else QUESTION_KINDS
        for kind in kinds:
            if kind not in allowed or kind == "translation":
                raise ValueError(f"{kind!r} cannot be translated{suggestion(kind, allowed)}")
        return kinds

    @model_validator(mode="after")
    def _glossary_is_there(self) -> Options:
        for language in self.language if self.glossary else []:
            load_glossary(self.glossary, language)
        return self


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """Every line once, under its number."""

    lines: list[Line]


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """For each language a request for each text, and one for every few questions."""
    return [
        _prompt(row, refs, spoken, language, options)
        for language in options.language
        for spoken, refs in [*_texts(row, language, options), *_questions(row, language, options)]
    ]


def _texts(row: Sample, language: str, options: Options) -> Iterator[tuple[str, list[str]]]:
    """`(language, [reference])` of the texts to translate; none where the row has its own."""
    for kind in options.kinds:
        found = [(f"text:{i}", t) for i, t in enumerate(row.texts) if t.kind == kind]
        if any(same_language(text.language, language) and not text.writer for _, text in found):
            found = []
        found = [
            (ref, text)
            for ref, text in found
            if usable(text.faithful)
            and not same_language(text.language, language)
            and _words(text.text)
        ]
        yield from [(text.language, [ref]) for ref, text in found[: None if options.every else 1]]
        if found and not options.every:
            return


def _questions(row: Sample, language: str, options: Options) -> Iterator[tuple[str, list[str]]]:
    """The questions to translate, a few at a time, those of one language together."""
    by_language: dict[str, list[str]] = {}
    for place, question in enumerate(row.questions):
        native = not question.prompt.startswith(f"{NAME}/")
        if native and question.kind in options.questions and usable(question.faithful):
            by_language.setdefault(question.language, []).append(f"question:{place}")
    for spoken, refs in by_language.items():
        if not same_language(spoken, language):
            refs = refs[: options.most_questions]
            yield from [(spoken, refs[i : i + _AT_ONCE]) for i in range(0, len(refs), _AT_ONCE)]


def _prompt(
    row: Sample, refs: Sequence[str], spoken: str, language: str, options: Options
) -> Prompt:
    blocks, _ = numbered([strings_of(_item(row, ref)) for ref in refs], _known(spoken, language))
    parts = [
        Part(ref.partition(":")[0], block, ref) for ref, block in zip(refs, blocks, strict=True)
    ]
    entries = _entries(row, refs, language, options)
    if entries:
        parts.append(Part("glossary", "\n".join(map(str, entries)), GLOSSARY))
    request = f"Translate the lines from {named(spoken)} into {named(language)}."
    return Prompt(tuple(parts), request, subject=refs[0], language=language)


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """A twin of each source. Raises `BadAnswer` where a line is missing."""
    return _drafts(row, prompt, answer, None, options)


def back_prompt(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> Prompt | None:
    """The translated lines alone, to be put back into English."""
    sources, numbers = _numbers(row, prompt)
    spoken = {_item(row, ref).language for ref in sources}
    if not options.back or not all(same_language("en", language) for language in spoken):
        return None
    lines = read_lines(answer.lines, numbers)
    block = "\n".join(f"{number}: {lines[number]}" for number in numbers.values())
    request = f"Translate the lines from {named(prompt.language)} into English."
    return Prompt((Part("text", block),), request, subject=prompt.subject, language="en")


def back_drafts(
    row: Sample, prompt: Prompt, answer: Answer, second: Answer, options: Options
) -> list[Draft]:
    """The same twins, with what the translation back shows."""
    return _drafts(row, prompt, answer, second, options)


def _drafts(
    row: Sample, prompt: Prompt, answer: Answer, second: Answer | None, options: Options
) -> list[Draft]:
    sources, numbers = _numbers(row, prompt)
    there = read_lines(answer.lines, numbers)
    back = read_lines(second.lines, numbers) if second else None
    made = []
    for ref, strings in sources.items():
        item = _item(row, ref)
        entries = _entries(row, [ref], prompt.language, options)
        lines = put_back(strings, numbers, there)
        known = _known(item.language, prompt.language)
        evidence = joined([ref, GLOSSARY if entries else ""])
        told = [known.get(string, line) for string, line in zip(strings, lines, strict=True)]
        twin = twin_of(item, prompt.language, evidence, told)
        asked = [string for string in strings if " ".join(string.split()) in numbers]
        check = functools.partial(
            _checked,
            source="\n".join(asked),
            told="\n".join(put_back(asked, numbers, there)),
            returned="\n".join(put_back(asked, numbers, back)) if back else "",
            twin=twin,
            entries=entries,
        )
        made.append(Draft(twin, against=(ref,), check=check))
    return made


def _numbers(row: Sample, prompt: Prompt) -> tuple[dict[str, list[str]], dict[str, int]]:
    """The lines of each source in a prompt, and the numbers they have there."""
    refs = [part.ref for part in prompt.parts if part.ref != GLOSSARY]
    sources = {ref: strings_of(_item(row, ref)) for ref in refs}
    known = _known(_item(row, refs[0]).language, prompt.language)
    return sources, numbered(list(sources.values()), known)[1]


def _known(spoken: str, language: str) -> dict[str, str]:
    """Lines that need no model: yes and no."""
    here, there = (YES_NO.get(code.partition("-")[0], ()) for code in (spoken, language))
    return dict(zip(here, there, strict=False))


def _checked(
    evidence: Evidence,
    tools: Tools,
    *,
    source: str,
    told: str,
    returned: str,
    twin: Text | Question,
    entries: Sequence[Entry],
) -> list[Finding]:
    """What is wrong with a twin, without a model, and in its translation back."""
    found = check_translation(source, told, twin.language, tools)
    found += [
        Finding("term_changed", f"{entry}: not in the translation")
        for entry in missing(entries, told)
    ]
    if isinstance(twin, Question) and len(set(map(str.casefold, twin.options))) < len(twin.options):
        found.append(Finding("option_wrong", "two options are the same in translation"))
    if returned:
        again = check_text(returned, Evidence(texts=(source,)), tools, must_keep=True)
        found += [Finding(f.reason, f"translated back, {f.detail}") for f in again]
    return found


def _item(row: Sample, ref: str) -> Text | Question:
    kind, _, place = ref.partition(":")
    return row.texts[int(place)] if kind == "text" else row.questions[int(place)]


def _entries(row: Sample, refs: Sequence[str], language: str, options: Options) -> list[Entry]:
    """What the glossary says of the terms in these sources."""
    if not options.glossary:
        return []
    source = "\n".join(string for ref in refs for string in strings_of(_item(row, ref)))
    return load_glossary(options.glossary, language).within(source)


def _words(text: str) -> bool:
    return any(map(str.isalpha, text))


def flags(options: Options) -> frozenset[str]:
    """A synonym on the way back is no fault; what it was is kept for people."""
    back = {"concept_added", "concept_lost", "qualifier_changed"}
    return frozenset(back) if options.back else frozenset()


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="texts and questions in a further language, proved by numbers, terms and back again",
    needs="a text or question that is not in the language asked for",
    makes="texts of kind translation, and question twins that name their source",
    options=Options,
    instructions=lambda options: INSTRUCTIONS,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
    follow_up=FollowUp("back", lambda options: BACK, Answer, back_prompt, back_drafts),
)
