"""Words that no good text has: copied instructions, obeyed source words, "the caption says".

Words that the source has itself are no fault here: a caption may say "as indicated in the legend".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from llm_rewrite.checks.reading import Reading, has_odd_letters, read
from llm_rewrite.checks.terms import listed

_COPIED = 6  # words in a row

TALK = re.compile(
    r"\bas an? (?:ai|artificial intelligence|language model|assistant|large language)\b"
    r"|(?:\A|[.!?:;,(\"\n]\s{0,3})i(?:'m| am| cannot| can't| can not| could not| apologi[sz]e| hope"
    r"| will| have|'ve|'ll| removed| rewrote| kept| left| omitted)\b"
    r"|\bhere(?: is|'s| are) (?:the|a|an|your|my)\b[^.\n]{0,40}"
    r"(?:caption|rewrit|summar|translat|text|version|descri|answer|question|json)"
    r"|\b(?:rewritten|rephrased|paraphrased|revised|cleaned|denoised|improved|updated|edited) "
    r"(?:figure )?(?:caption|text|version|description)\b"
    r"|\A\W*(?:caption|output|answer|response|final answer|result|rewrite|description)\s?:"
    r"|\A\W*(?:rewrite|rephrase|paraphrase|summari[sz]e|translate) (?:the|this|it|in)\b"
    r"|\b(?:sure|certainly|of course|absolutely|okay)[,!] (?:here|i|below|the)"
    r"|\bjson (?:object|schema|format)\b|\bas (?:requested|instructed|you asked|asked)\b"
    r"|\b(?:per|following|according to) (?:the|your|these) (?:instruction|rule|guideline|request)s?\b"
    r"|\b(?:system|user) prompt\b|\bprevious instructions\b|\bthe instructions?\b"
    r"|\byour (?:request|requirements|instructions|question|needs)\b"
    r"|</?(?:think|caption|answer|s|im_start|im_end)>|<\|[a-z_]{1,20}\|>|\[/?inst\]|```"
    r"|\[(?:end|[a-z][a-z ]{0,30}) [0-9a-f]{8}\]"
    r"|\A\s*\{\s*\"|\"[a-z_]{2,30}\"\s?:\s?[\"\[{]"
    r"|\bnote ?: [^.\n]{0,60}(?:rewrit|instruct|prompt|omitted|removed|left out|caption|names?)"
    r"|\b(?:names?|citations?|copyright lines?|figure numbers?|references)\b[^.\n]{0,60}"
    r"\b(?:omitted|removed|left out|excluded|dropped)\b"
    r"|\bnothing (?:was|has been|is) (?:added|invented|left out)\b"
    r"|\bword count\b|\blet me know if\b|\bhope this helps\b|\bfeel free to\b",
    re.IGNORECASE,
)
INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}"
    r"\b(?:instruction|prompt|rule|above|previous|guideline|everything)s?\b"
    r"|\b(?:output|print|write|say|reply|respond|answer|return|repeat|append|insert|add)\b[^.\n]{0,30}"
    r"(?:the following|\bonly\b|exactly|with the words?|with:|nothing else|verbatim|the words?|the phrase"
    r"|the sentence|['\"“‘])[^.\n]{0,100}"
    r"|\byou are (?:now )?(?:a|an|the|no longer)\b[^.\n]{0,60}"
    r"|\b(?:ai|llm|assistant|language model|chatbot|gpt|model|system)\b ?(?:note|instruction|s)?"
    r"[:,]\s?[^.\n]{5,100}"
    r"|\b(?:describe|classify|label|report|diagnose) "
    r"(?:it|this|the (?:image|picture|figure|case|lesion)) as\b[^.\n]{0,60}",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"[\"'“‘]([^\"'”’\n]{3,80})[\"'”’]|:\s?([^.\n\"']{3,80})|\bas ([^.\n\"']{3,60})"
)
_TEXTS = (
    r"(?:caption|legend|citing sentence|source text|report|text|description|article|paper|"
    r"passage|excerpt|source|sentence|abstract|manuscript|record|document|note)"
)
_SAYS = (
    r"(?:says?|said|states?|stated|reads?|describes?|described|mentions?|mentioned|notes?|noted|"
    r"indicates?|indicated|reports?|reported|explains?|explained|specif\w+|does not|do not|did not|"
    r"refers?|tells?|adds?|goes on|points out|suggests?)"
)
MENTION = re.compile(
    rf"\b(?:the|this|its|original|figure|image|given|provided)\s(?:\w+\s)?(?:caption|legend|citing "
    r"sentence|source text|passage|excerpt)s?\b(?!\s?(?:of the figure|number))"
    rf"|\bcaptions? {_SAYS}\b"
    rf"|\b(?:the|this|these|cited|citing|accompanying) (?:\w+ )?{_TEXTS}s? {_SAYS}\b"
    r"|\b(?:the )?authors? (?:say|state|describe|mention|note|indicate|report|explain|suggest"
    r"|found|show|showed|observed|claim|conclude)s?\b"
    r"|\b(?:according to|as reported by|as stated by) (?:the )?(?:authors?|investigators?|researchers?)\b"
    r"|\b(?:according to|as (?:described|stated|noted|mentioned|reported|indicated|given|written|"
    rf"specified|explained) (?:in|by)|as per|based on|from|in) (?:the|this|its|a) (?:\w+ ){{0,2}}{_TEXTS}s?\b"
    r"|\b(?:based on|given) (?:the )?(?:given |provided |available )?(?:findings|information|context|data)\b"
    r"|\b(?:the |as )(?:provided|given|accompanying|supplied) (?:\w+ )?"
    r"(?:information|description|text|context|material|data|label|evidence|knowledge)\b"
    r"|\b(?:is|are|was|were|as) (?:mentioned|described|stated|noted|reported) (?:above|in the (?:text|source))\b"
    r"|\bthe labels? (?:says?|states?|indicates?)\b|\b(?:it is|was) (?:stated|mentioned) that\b",
    re.IGNORECASE,
)

# Each match has one of these words, or a mark of `_TALK_MARKS`; most texts have none, and a look at
# their words costs a hundredth of the pattern.
_TALK_WORDS = listed("""
    ai artificial language assistant i here rewritten rephrased paraphrased revised cleaned denoised
    improved updated edited caption output answer response result rewrite description rephrase
    paraphrase summarise summarize translate sure certainly course absolutely okay json requested
    instructed asked instruction instructions rule rules guideline guidelines request requests
    prompt your note omitted removed out excluded dropped nothing count know helps feel
    """)
_TALK_MARKS = re.compile(r"[<{`\"\[]")
INJECTION_WORDS = listed("""
    ignore disregard forget override output print write say reply respond answer return repeat
    append insert add you ai llm assistant language chatbot gpt model system describe classify label
    report diagnose
    """)
MENTION_WORDS = listed("""
    investigator investigators researcher researchers
    caption captions legend legends citing source sources report reports text texts description
    descriptions article articles paper papers passage passages excerpt excerpts sentence sentences
    abstract abstracts manuscript manuscripts record records document documents note notes author
    authors findings information context data provided given accompanying supplied above label
    labels stated mentioned
    """)


def wording(text: Reading, source: Reading, instructions: str) -> Iterator[tuple[str, str]]:
    """Words of the prompt, words that talk to a user, and words that obey the source."""
    if found := _new(TALK, text, source) if may_talk(text) else "":
        yield "instruction_copied", f"'{found.strip()[:60]}'"
    elif instructions and (copied := _copied(text, instructions, source)):
        yield "instruction_copied", f"of the prompt: '{copied[:80]}'"
    yield from _obeyed(text, source)


def mentions_source(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Where a text speaks of its source instead of the picture."""
    if found := _new(MENTION, text, source) if may_have(MENTION_WORDS, text) else "":
        yield "source_mentioned", f"'{found[:60]}'"


def may_talk(reading: Reading) -> bool:
    """Whether a text has a word or mark that each match of `TALK` has."""
    return may_have(_TALK_WORDS, reading) or _TALK_MARKS.search(reading.plain) is not None


def may_have(words: frozenset[str], reading: Reading) -> bool:
    """Whether a text has any of the words, in any way that a pattern would take for them."""
    return not words.isdisjoint(reading.known) or has_odd_letters(reading.plain)


def _new(pattern: re.Pattern[str], text: Reading, source: Reading) -> str:
    """The first match that the source does not have word for word."""
    known = source.plain.lower()
    for found in pattern.finditer(text.plain):
        if found[0].strip().lower() not in known:
            return found[0]
    return ""


def _copied(text: Reading, instructions: str, source: Reading) -> str:
    """The first words in a row that the prompt has too and the source does not."""
    grams = _grams(instructions)
    words = [i for i, w in enumerate(text.words) if w[0].isalnum()]
    for at in range(len(words) - _COPIED + 1):
        gram = tuple(text.words[i] for i in words[at : at + _COPIED])
        if gram in grams and gram not in _grams(source.text):
            return text.quote(words[at], words[at + _COPIED - 1])
    return ""


@functools.lru_cache(maxsize=128)
def _grams(text: str) -> frozenset[tuple[str, ...]]:
    words = [w for w in read(text).words if w[0].isalnum()]
    return frozenset(tuple(words[i : i + _COPIED]) for i in range(len(words) - _COPIED + 1))


def _obeyed(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Where the source holds orders: the text repeats them, or says what they ask for.

    A text that is the source word for word (kept verbatim) is not held against itself.
    """
    if not may_have(INJECTION_WORDS, source):
        return
    here = " ".join(text.plain.lower().split())
    for found in INJECTION.finditer(source.plain):
        if text.text == source.text:
            return
        order = " ".join(found[0].lower().split())
        if order in here and len(order.split()) >= 4 and _is_order(order):
            yield "instruction_copied", f"of the source: '{found[0][:60]}'"
            return
        if not _is_order(order):
            continue
        for asked in _QUOTED.findall(found[0]):
            wanted = " ".join("".join(asked).lower().split())
            if len(wanted) > 2 and wanted in here:
                yield "instruction_copied", f"obeys the source: '{wanted[:60]}'"
                return


_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|instruction|prompt|ai|llm|assistant|language model|chatbot|gpt"
    r"|you are|your|the following|exactly|nothing else|verbatim|the words?|the phrase|the sentence)\b"
    r"|\b(?:output|print|write|say|reply|respond|answer)\b.{0,20}['\"“‘]|\bas\b"
)


def _is_order(order: str) -> bool:
    return _ORDER.search(order) is not None
