"""Words that no good text has: copied instructions, obeyed source words, "the caption says".

Also what no picture can show, for rewriting that keeps the visible alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from llm_rewrite.checks.finding import Finding, findings
from llm_rewrite.checks.reading import Reading, read

_COPIED = 8  # words in a row

_TALK = re.compile(
    r"\bas an? (?:ai|artificial intelligence|language model|assistant|large language)\b"
    r"|\bi(?:'m| am) (?:sorry|unable|not able|an ai|a language)|\bi (?:cannot|can't|can not|could not|apologi[sz]e)\b"
    r"|\bi (?:have|'ve) (?:rewritten|removed|kept|written|translated|summari[sz]ed)"
    r"|\bhere(?: is|'s| are) (?:the|a|an|your|my)\b[^.\n]{0,40}(?:caption|rewrit|summar|translat|text|version|descri|answer|question|json)"
    r"|\b(?:rewritten|revised|improved|rephrased|final|cleaned) (?:caption|text|version|description)\s?[:\n]"
    r"|\b(?:sure|certainly|of course|absolutely)[,!] (?:here|i|below|the)"
    r"|\bjson (?:object|schema)\b|\bas (?:requested|instructed|you asked)\b"
    r"|\b(?:system|user) prompt\b|\bprevious instructions\b|\bmy instructions\b"
    r"|<\/?(?:think|caption|answer|s|im_start|im_end)>|<\|[a-z_]{1,20}\|>|\[/?inst\]|```"
    r"|\[(?:end|[a-z][a-z ]{0,30}) [0-9a-f]{8}\]"
    r"|\A\s*\{\s*\"|\"[a-z_]{2,30}\"\s?:\s?[\"\[{]"
    r"|\bnote: (?:the|this|i)\b[^.\n]{0,40}(?:rewrit|caption|instruct|prompt)"
    r"|\bword count\b|\blet me know if\b|\bhope this helps\b",
    re.IGNORECASE,
)
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instruction|prompt|rule|above|previous|guideline|everything)s?\b"
    r"|\b(?:output|print|write|say|reply|respond|answer|return|repeat)\b[^.\n]{0,30}"
    r"(?:the following|only|exactly|with the word|with:|nothing else|verbatim)[^.\n]{0,80}"
    r"|\byou are (?:now )?(?:a|an|the|no longer)\b[^.\n]{0,60}"
    r"|\b(?:ai|llm|assistant|language model|chatbot|gpt)\b[^.\n]{0,20}[:,]\s?[^.\n]{0,80}"
    r"|\b(?:please )?(?:append|add|include|insert|end with|start with|begin with|state that|describe it as|classify it as|report that)\b"
    r"[^.\n]{0,80}(?:\bto (?:the|your|every|all|each)\b|\binstead\b|['\":])[^.\n]{0,60}",
    re.IGNORECASE,
)
_MENTION = re.compile(
    r"\b(?:the|this|a|its|original|given|provided|above|source|figure|image)\s(?:\w+\s)?"
    r"(?:caption|legend|citing sentences?|source text|passage|excerpt|abstract|prompt)s?\b"
    r"(?!\s?(?:of the figure|number))"
    r"|\bcaptions? (?:says?|states?|reads?|describes?|mentions?|notes?|indicates?|reports?)\b"
    r"|\b(?:according to|as (?:described|stated|noted|mentioned|reported|indicated|per|given|written) (?:in|by)|based on|per|from|in)\s"
    r"(?:the|this|its|a)\s(?:\w+\s){0,2}(?:caption|legend|report|text|description|sentences?|article|paper|authors?|source|findings? given|information|passage|context|study report)\b"
    r"|\b(?:the|this) (?:report|text|article|paper|source|description|passage|sentence|author)s? "
    r"(?:says?|states?|reads?|describes?|mentions?|notes?|indicates?|reports?|does not|do not|specif|explains?|refers?|suggests?)\b"
    r"|\bgiven (?:the )?(?:findings|information|description|context|text)\b"
    r"|\bthe (?:provided|given|accompanying|supplied) (?:\w+ )?(?:information|description|text|context|material|data|label|evidence|knowledge)\b"
    r"|\b(?:as|is|are|was|were) (?:mentioned|described|stated) (?:above|in the text)\b|\bthe label(?:s)? (?:says?|states?|indicates?)\b",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(
    r"(?P<demographics>\b\d{1,3}[- ](?:year|month|week|day)s?[- ]old\b|\b(?:aged?|age of) \d{1,3}\b|\b(?:man|woman|boy|girl|male|female)\b(?! (?:pelvis|breast|genital))"
    r"|\b(?:elderly|middle-aged|pediatric|paediatric) patient\b)"
    r"|(?P<history>\bhistory of\b|\b(?:known|previous|prior|past) (?:history|case|diagnosis|surgery|operation|episode|treatment)\b|\bpresent(?:ed|ing|s) (?:with|to|for|at|because|due)\b"
    r"|\bcomplain(?:ed|ing|ts?|s)\b|\bwas (?:admitted|referred|hospitali[sz]ed|brought)\b|\bsmok(?:er|ing)\b|\bfamily history\b|\bdiagnosed (?:with|in|as|\d)|\b(?:known|suspected) to have\b)"
    r"|(?P<symptoms>\bsymptom\w*|\b(?:chest|abdominal|back|flank|knee|hip|neck|shoulder|pelvic|joint|leg|arm) pain\b|\bpain(?:ful|less)?\b|\bfever\w*\b|\bcough\w*\b|\bnausea\b|\bvomiting\b|\bheadaches?\b"
    r"|\bdyspn(?:o?e)a\b|\bshortness of breath\b|\bfatigue\b|\bweakness\b|\bdizziness\b|\bseizures?\b|\bdiarrh?o?ea\b|\bweight loss\b|\btenderness\b|\bnumbness\b|\bdysphagia\b|\bloss of (?:vision|consciousness|appetite)\b)"
    r"|(?P<tests>\b(?:serum|plasma|laborator\w+|lab (?:values?|results?|tests?)|white (?:blood )?cell count|hemoglobin|haemoglobin|creatinine|c-reactive|blood (?:test|pressure|glucose|count|culture)s?|leukocytosis|troponin|d-dimer|biochemi\w+)\b"
    r"|\b(?:psa|crp|esr|cea|ca[- ]?125|ca[- ]?19-9|wbc|hba1c|ldh|afp)\b (?:level|of|was|is|\d)|\b(?:biopsy|histolog\w+|histopatholog\w+|patholog\w+|cytolog\w+|culture|genetic\w*|serolog\w+|pcr) (?:examination |analysis |testing )?(?:confirmed|proven|proved|revealed|showed|shows|demonstrated|reported)\b"
    r"|\b(?:biopsy|pathologically|histologically|surgically)[- ](?:proven|confirmed)\b|\bconfirmed (?:by|at|on|with) (?:biopsy|histolog\w+|surgery|patholog\w+|pcr|culture)\b)"
    r"|(?P<treatment>\b(?:was|were|been|being|is|are) (?:successfully )?(?:treated|managed|operated|given|started|scheduled|prescribed|administered|discharged|followed|monitored|advised|performed|resected|removed)\b|\bunderwent\b|\b(?:chemo|radio|immuno)therapy\b|\bantibiotics?\b"
    r"|\btreatment (?:with|of|for)\b|\b(?:after|before|following|during|prior to|post|pre)[- ](?:the )?(?:\w+ )?(?:treatment|therapy|surgery|operation|resection|embolization|procedure|chemotherapy|radiotherapy)\b|\b(?:post|pre)(?:operative|treatment|surgical)\w*\b|\bmg (?:daily|twice|per)\b|\b(?:days?|weeks?|months?|years?) (?:after|before|later|following|post|prior)\b)"
    r"|(?P<outcome>\b(?:died|deceased|survived|recover(?:ed|y)|discharged|asymptomatic|outcome|prognosis|follow[- ]?up|remission|uneventful|recurrence[- ]free)\b)"
    r"|(?P<comparison>\b(?:unchanged|stable|increased|decreased|progress\w+|improv\w+|worsen\w+|resolv\w+|regress\w+|larger|smaller|reduced|new)\b[^.\n]{0,30}\b(?:since|from (?:prior|previous|the prior|the previous|baseline)|compared|than (?:on|in|before|prior))\b"
    r"|\b(?:compared|comparison|relative) (?:with|to) (?:the )?(?:\w+ )?(?:prior|previous|earlier|baseline|last|old|preoperative|initial)\b|\b(?:prior|previous|earlier) (?:\w+ )?(?:image|imaging|scan|study|studies|exam\w*|radiograph|ct|mri|film|comparison)s?\b"
    r"|\bunchanged\b|\binterval (?:change|increase|decrease|growth|improvement|progression|development|resolution)\b|\bno longer (?:seen|visible)\b|\bagain (?:seen|noted|demonstrated)\b|\bnewly (?:developed|appeared)\b|\b(?:has|have) (?:resolved|improved|progressed|worsened|increased|decreased)\b)",
    re.IGNORECASE,
)


def wording(text: Reading, source: Reading, instructions: str) -> Iterator[tuple[str, str]]:
    """Words of the prompt, words that talk to a user, and words that obey the source."""
    if found := _TALK.search(text.text):
        if found[0].strip().lower() not in source.text.lower():
            yield "instruction_copied", f"'{found[0].strip()[:60]}'"
    if instructions and (copied := _copied(text, instructions, source)):
        yield "instruction_copied", f"of the prompt: '{copied[:80]}'"
    yield from _obeyed(text, source)


def mentions_source(text: Reading) -> Iterator[tuple[str, str]]:
    """Where a text speaks of its source instead of the picture."""
    if found := _MENTION.search(text.text):
        yield "source_mentioned", f"'{found[0][:60]}'"


def not_visible(text: str) -> list[Finding]:
    """What no picture shows: history, symptoms, laboratory values, treatment, comparison, age."""
    return findings(_invisible(text))


def _invisible(text: str) -> Iterator[tuple[str, str]]:
    told: set[str] = set()
    for found in _INVISIBLE.finditer(text):
        kind = found.lastgroup or ""
        if kind not in told:
            told.add(kind)
            yield "not_visible", f"{kind}: '{found[0][:60]}'"


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
    """Where the source holds orders: the text repeats them, or holds only what they ask for."""
    for found in _INJECTION.finditer(source.text):
        order = " ".join(found[0].lower().split())
        here = " ".join(text.text.lower().split())
        if order in here:
            yield "instruction_copied", f"of the source: '{found[0][:60]}'"
            return
        for asked in re.findall(
            r"[\"'“‘]([^\"'”’\n]{3,80})[\"'”’]|:\s?([^.\n\"']{3,80})", found[0]
        ):
            wanted = " ".join((asked[0] or asked[1]).lower().split())
            if wanted and wanted in here and len(wanted) > 2:
                yield "instruction_copied", f"obeys the source: '{wanted[:60]}'"
                return
