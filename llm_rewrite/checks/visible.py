"""What no picture can show: who the patient is, what they felt, what was measured, done, or came of it.

For rewriting that keeps the visible alone. Age counts as not visible, and so do pictures taken before
that are not shown; a boy or a woman may be seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_rewrite.checks.finding import Finding, findings

_KINDS: dict[str, tuple[str, ...]] = {
    "demographics": (
        r"\b(?:\d{1,3}|[a-z]{3,9}(?:-[a-z]{3,6})?)[- ](?:year|month|week|day)s?[- ]old\b",
        r"\b(?:aged?|age of) (?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\b",
        r"\b(?:male|female) (?:patient|infant|newborn|neonate|child|adult)\b",
        r"\b(?:elderly|middle-aged|pa?ediatric|pregnant) (?:patient|man|woman)\b",
    ),
    "history": (
        r"\bhistory of\b",
        r"\b(?:known|previous|prior|past|earlier) (?:history|case|diagnosis|surgery|operation|episode"
        r"|treatment|trauma|injury|resection|tuberculosis|cancer|stroke)\b",
        r"\bpresent(?:ed|ing|s) (?:with|to|for|at|because|due)\b",
        r"\bcomplain(?:ed|ing|ts?|s)\b",
        r"\b(?:was|were|been) (?:admitted|referred|hospitali[sz]ed|brought|transferred)\b",
        r"\b(?:hospital|emergency|intensive care) (?:day|stay|course|admission|department|unit)s?\b",
        r"\badmission\b",
        r"\b(?:smok(?:er|ing)|alcoholi\w+|family history|allerg(?:y|ic))\b",
        r"\bdiagnosed (?:with|in|as|\d)|\bknown to have\b|\b(?:suffer(?:ed|ing|s)) from\b",
        r"\bat (?:the time of )?(?:presentation|diagnosis|onset)\b|\binfected with\b",
    ),
    "symptoms": (
        r"\bsymptom\w*|\bpain(?:ful|less|s)?\b|\bfever\w*\b|\bfebrile\b|\bcough\w*\b|\bnausea\b",
        r"\b(?:vomit\w*|headaches?|dyspno?ea|fatigue|weakness|dizziness|seizures?|diarrho?ea|malaise)\b",
        r"\b(?:shortness of breath|weight loss|tender(?:ness)?|numbness|dysphagia|hoarseness|itch\w*)\b",
        r"\bloss of (?:vision|consciousness|appetite|hearing|sensation)\b|\bfail\w* to thrive\b",
        r"\b(?:motor|developmental|growth|speech) (?:delay|development|milestones|retardation)\b",
        r"\b(?:hearing loss|palpitations?|syncope|chills|sweats|paresthesia|stiffness|discomfort)\b",
        r"\b(?:auscultation|murmur\w*|palpable|palpation|pulsatile|audible|heard|felt|sounds?)\b",
    ),
    "tests": (
        r"\b(?:serum|plasma|laborator\w+|lab (?:values?|results?|tests?)|ha?emoglobin|creatinine)\b",
        r"\b(?:white (?:blood )?cell count|c-reactive|leu[ck]ocytosis|troponin|d-dimer|biochemi\w+)\b",
        r"\bblood (?:test|pressure|glucose|count|culture|sugar)s?\b|\b(?:viral load|titers?|titres?)\b",
        r"\b(?:psa|crp|esr|cea|ca[- ]?125|ca[- ]?19-9|wbc|hba1c|ldh|afp|tsh|inr)\b (?:levels?|of|was|is|\d)",
        r"\b(?:biopsy|histolog\w+|histopatholog\w+|patholog\w+|cytolog\w+|culture|genetic\w*|serolog\w+"
        r"|pcr|autopsy|sequencing) (?:examination |analysis |testing |later )?(?:confirmed|proven|proved"
        r"|revealed|showed|demonstrated|reported|established|was positive)\b",
        r"\b(?:biopsy|pathologically|histologically|surgically|culture|genetically)[- ](?:proven|confirmed)\b",
        r"\b(?:confirmed|proven|proved|verified) (?:by|at|on|with|during) (?:\w+ )?(?:biopsy|histolog\w+"
        r"|surgery|patholog\w+|pcr|culture|autopsy|operation|laparotomy)\b",
        r"\b\d+(?:\.\d+)? ?(?:[mnμu]g|mmol|μmol|nmol|iu|mu|ng|pg|u)/(?:d?l|ml)\b",
    ),
    "treatment": (
        r"\b(?:was|were|been|being|is|are) (?:successfully |then |initially |later )?(?:treated|managed"
        r"|operated|given|started|scheduled|prescribed|administered|monitored|advised|performed|planned)\b",
        r"\b(?:underwent|undergoing|undergone|therapy|therapies|therapeutic\w*|antibiotics?)\b",
        r"\b(?:chemo|radio|immuno|pharmaco|cryo|photo)therap\w+\b|\b(?:treatment|treated|medication|drugs?)\b",
        r"\b(?:after|before|following|during|prior to|post|pre|awaiting)[- ](?:the |her |his )?(?:\w+ ){0,2}"
        r"(?:surgery|operation|resection|emboli[sz]ation|procedure|intervention|injection|removal)\b",
        r"\b(?:post|pre|peri)-?(?:operative|treatment|surgical|procedural|transplant)\w*\b",
        r"\bmg (?:daily|twice|per)\b|\b(?:changed|switched|converted) (?:to|from)\b",
        r"\b\w{3,}(?:mab|tinib|cillin|mycin|floxacin|azole|sartan|statin|prazole|olol|platin|taxel|cycline"
        r"|pime|penem|virus?vir|navir|ciclovir|parin|solone|sone|asone)\b",
        r"\b(?:recommended|indicated for|scheduled for|management)\b",
    ),
    "outcome": (
        r"\b(?:died|death|deceased|surviv\w+|recover(?:ed|y)|discharged|asymptomatic|outcome|prognosis)\b",
        r"\b(?:follow[- ]?up|remission|uneventful\w*|recurrence-free|at last visit|complication-free)\b",
        r"\b(?:after|within|over) (?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|several"
        r"|a few|some) (?:day|week|month|year)s?\b",
        r"\b(?:days?|weeks?|months?|years?|hours?) (?:after|before|later|following|post|prior|earlier)\b",
    ),
    "comparison": (
        r"\b(?:unchanged|stable|increased|decreased|progress\w+|improv\w+|worsen\w+|resolv\w+|regress\w+"
        r"|larger|smaller|reduced|new)\b[^.\n]{0,30}\b(?:since|from (?:the )?(?:prior|previous|baseline)"
        r"|compared|than (?:on|in|before|prior|previously))\b",
        r"\b(?:compared|comparison|relative) (?:with|to) (?:the |an? )?(?:\w+ )?(?:prior|previous|earlier"
        r"|baseline|last|old|preoperative|initial|first)\b",
        r"\b(?:prior|previous|earlier|last) (?:\w+ )?(?:image|imaging|scan|study|studies|exam\w*|radiograph"
        r"|ct|mri|film|comparison|ultrasound|x-ray|visit)s?\b",
        r"\b(?:unchanged|persistent|previously|no longer (?:seen|visible)|again (?:seen|noted))\b",
        r"\binterval (?:change|increase|decrease|growth|improvement|progression|development|resolution)\b",
        r"\bnewly (?:developed|appeared)\b|\b(?:has|have) (?:now |since |completely |almost )?(?:resolved"
        r"|improved|progressed|worsened|increased|decreased|regressed|grown|disappeared|recurred)\b",
    ),
}
_INVISIBLE = re.compile(
    "|".join(f"(?P<{kind}>{'|'.join(patterns)})" for kind, patterns in _KINDS.items()),
    re.IGNORECASE,
)


def not_visible(text: str) -> list[Finding]:
    """What of a text no picture shows; one finding for each kind, empty where all can be seen."""
    return findings(_invisible(text))


def _invisible(text: str) -> Iterator[tuple[str, str]]:
    told: set[str] = set()
    for found in _INVISIBLE.finditer(text):
        kind = found.lastgroup or ""
        if kind not in told:
            told.add(kind)
            yield "not_visible", f"{kind}: '{found[0][:60]}'"
