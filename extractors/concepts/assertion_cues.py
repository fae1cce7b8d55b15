"""The words that deny a finding, doubt it, or end what such a word reaches.

The kinds of words follow NegEx (Chapman et al. 2001: cues before and after, pseudo-cues),
ConText (Harkema et al. 2009: terminators, who and when) and NegBio (Peng et al. 2018: doubt);
the lists are our own, from reading captions and radiology reports. A line of `_TEMPLATES` is
words, with `(a|b|)` for alternatives; the longest phrase that fits at a place wins, so
"not excluded" is doubt although "excluded" alone denies.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

NEGATES = "negates"  # reaches on: "no", "without"
NOT = "not"  # the same, with a shorter reach
DOUBTS = "doubts"  # reaches on: "may represent"
DOUBTS_ONE = "doubts one"  # reaches on, within one noun phrase: "possible"
NEGATED = "negated"  # reaches back: "is absent"
DOUBTED = "doubted"  # reaches back: "is suspected"
UNLIKELY = "unlikely"  # reaches back; denied and doubted
EITHER = "either"  # reaches both ways: "versus"
TWO_WAY_NO = "two-way no"  # back where its clause ends ("oedema absent"), else on ("absent oedema")
TWO_WAY_DOUBT = "two-way doubt"  # the same: "suspected"
END = "end"  # ends a reach
LINK = "link"  # ends a reach, save where it stands right after the cue ("may be due to")
VERB = "verb"  # ends a reach, and what stands before it up to a comma is a clause
PLACE = "place"  # what follows tells where or which, up to the next "or"
SEEN = "seen"  # "is seen": the same, and no verb of a new clause
THROUGH = "through"  # has no effect; hides the shorter words in it
OPEN, CLOSE, COMMA, AND, OR = "open", "close", "comma", "and", "or"

_BE = "(is|are|was|were|be|been|being|has been|have been|had been)"
_BEFORE = "(directly|otherwise|readily|longer|)"
_SEEN = (
    "(seen|noted|identified|visualized|visualised|visible|present|found|detected|demonstrated|"
    "appreciated|evident|observed|apparent|recognized|recognised|palpable|discernible|"
    "encountered|reported|documented|evidenced|discovered|detectable|revealed|isolated|confirmed)"
)
_SHOW = (
    "(show|reveal|demonstrate|identify|detect|find|disclose|have|display|contain|exhibit|indicate|"
    "see|visualize|visualise|confirm|suggest|depict|support|develop|report|complain of|"
    "appreciate|represent|include|experience)"
)
_EXCLUDED = "(excluded|ruled out|discarded)"
_SURELY = "(entirely|completely|definitively|definitely|fully|reliably|totally|confidently|)"
_NOT = "(not|never|n't)"
_CANNOT = "(cannot|can not|can't|could not|couldn't)"
_SUCH = (
    "(evidence|sign|signs|indication|indications|suggestion|hint|feature|features|finding|findings|"
    "symptoms|stigmata|presence|trace|traces|proof|area|areas|foci|focus|documentation|"
    "demonstration|type|types|form|forms|kind|clinical history|history)"
)
_CHANGE = (
    "(change|changes|increase|decrease|difference|differences|alteration|alterations|variation|"
    "progression|worsening|improvement|growth|regression|resolution|reduction|response|"
    "deterioration|disappearance|modification|shrinkage|interval change|interval increase)"
)

_TEMPLATES: dict[str, str] = {
    TWO_WAY_NO: "(absent|excluded|resolved|vanished|ruled out|none)",
    TWO_WAY_DOUBT: """
        (possible|probable|suspected|questionable|presumed|likely|probably|possibly)
        (most|very|more|less) likely
    """,
    NEGATES: f"""
        no
        none of
        neither
        nor
        without
        w/o
        absence of
        lack of
        (lacks|lacked|lacking)
        (deny|denies|denied|denying)
        negative (for|of)
        (free|clear|devoid) (of|from)
        unremarkable for
        (rules out|ruling out)
        exclusion of
        excludes
        (complete|total|full|interval|near-complete|) (resolution|disappearance) of
        (fails|fail|failed|failing|failure|unable) to {_SHOW}
        (do|does|did) {_NOT} {_SHOW}
        {_CANNOT} (see|identify|detect|find|demonstrate|visualize|visualise)
        (don't|doesn't|didn't) {_SHOW}
        {_NOT} (have|having|had|has)
        (has|have|had) (not|never|no) (had|shown|revealed|demonstrated|developed|experienced|)
        {_NOT} (consistent|compatible|associated|in keeping) with
        {_NOT} (suggestive|indicative|typical|characteristic|diagnostic|suspicious) (of|for)
        inconsistent with
        (argue|argues|arguing|argued|evidence|speaks|spoke) against
        (rather than|instead of|as opposed to)
        nonvisualization of
        non-visualization of
        no longer
        nothing to suggest
        nil
    """,
    NOT: """
        (not|never)
        (isn't|aren't|wasn't|weren't|doesn't|didn't|don't|hasn't|haven't|hadn't)
    """,
    DOUBTS: f"""
        (may|might|could) (also|well|possibly|not|) (be|have been|have|) (in part|partly|partially|)
        (may|might|could) (also|well|possibly|) (be|) (due|secondary|related|attributed) to
        (may|might|could) (also|well|possibly|) (have|) (result|resulted|arise|come) from
        (may|might|could) be (a|the|) (result|sequela|manifestation|sign) of
        (suggest|suggests|suggested|suggesting|suggestive of) (that|)
        (highly|strongly|) (suspicious|concerning|worrisome) (for|of)
        (raise|raises|raising|raised) the (suspicion|possibility|question) (of|that|)
        (concern|suspicion|query) (for|of|about)
        (suspecting|suspected of|suspected to be|suspected to have)
        (thought|believed|felt|considered|presumed|assumed|likely|unlikely) to
            (be|represent|reflect|have|be due to|be related to|be secondary to)
        (suspect|suspects)
        (question|possibility|likelihood|probability|chance|risk|risks|fear) of
        at risk (for|of)
        risk for
        differential (diagnosis|diagnoses|considerations) (includes|include|included|of|for|)
        differential (includes|include|included|of|for)
        (considerations|possibilities) (would|) (include|included)
        (favor|favors|favoring|favored to represent|favour|favours|favouring)
        {_CANNOT} {_SURELY} (exclude|rule out)
        (do|does|did|would) not {_SURELY} (exclude|rule out)
        (difficult|impossible|unable|not possible|hard) to (exclude|rule out|distinguish from)
        (to|must|should) (rule out|exclude)
        (without|not) (excluding|ruling out)
        (rule out|r/o|exclude)
        (evaluate|evaluated|evaluation|assess|assessed|screen|screening|screened|look|search) for
        (query|perhaps|maybe|unclear if|unclear whether|uncertain if|whether or not)
        (if|whether|unless)
        (mimic|mimics|mimicking|mimicked|simulating|resembling|resembles|resemble)
        (indistinguishable|difficult to distinguish|not distinguishable) from
        family history (of|for|)
        (maternal|paternal) history of
        (mother|father|brother|sister|siblings|relatives|aunt|uncle|grandmother|grandfather)
            (with|had|has|have|died of)
        not necessarily (represent|)
        with or without
        (presence or absence|absence or presence) of
    """,
    DOUBTS_ONE: """
        (presumptive|potential|query|question)
        (possibly|probably|presumably|potentially|questionably|conceivably)
            (due to|secondary to|related to|from|representing|reflecting|a|the|)
        (most|very|more|less|) (likely|probably) (due to|secondary to|related to|a|the|)
        (likely|probably) (represents|represent|representing|reflects|reflect|reflecting)
        (equivocal|indeterminate for|doubtful|borderline)
        a differential of
    """,
    NEGATED: f"""
        {_BE} absent
        negative
        {_BE} negative
        {_BE} {_SURELY} {_EXCLUDED}
        (has|have|had) been {_SURELY} {_EXCLUDED}
        ruled out by
        (can|could) be {_SURELY} {_EXCLUDED}
        {_BE} (not|never|no longer) {_BEFORE} {_SEEN}
        (do|does|did) not (exist|occur|appear|develop|recur)
        (wasn't|weren't|isn't|aren't) {_SEEN}
        {_CANNOT} be {_BEFORE} {_SEEN}
        (not|never|no longer) {_SEEN}
        (has|have|had) (completely|fully|entirely|since|now|nearly|totally|) (resolved|disappeared)
        (has|have|had) (completely|fully|entirely|since|now|) (vanished|cleared)
        (resolved|disappeared|vanished) (completely|entirely|)
        {_BE} (completely|fully|entirely|now|) (resolved|gone)
        (is|was|are|were) (lacking|missing)
        (is|was|are|were) (denied|not a feature|not the case)
    """,
    DOUBTED: f"""
        {_BE} (also|strongly|highly|initially|clinically|) (suspected|questioned|considered)
        {_BE} (also|) (possible|probable|likely|questionable|doubtful|uncertain|presumed|feared)
        {_BE} (more|most|less|very|quite) (likely|probable)
        {_CANNOT} be {_SURELY} {_EXCLUDED}
        (is|are|was|were|has|have|has been|have been|) not (been|) {_SURELY} {_EXCLUDED}
        (must|should|to|needs to|need to) be {_SURELY} (excluded|ruled out|considered|suspected)
        (should|would|might|may|could) be (considered|suspected|suggested)
        (may|might) (also|) (be|) (present|seen|noted|found|exist|coexist|occur|develop)
        (may|might) (also|) be (visible|identified|observed|encountered|associated)
        (is|was|are|were) (suggested|entertained|hypothesized|postulated)
        (is|are) (also|) (a|another|one|) (diagnostic|) (possibility|consideration|differential)
        (may|might|could) have (this|a similar|the same) appearance
        (remains|remain) (a|) (possible|possibility|concern|consideration)
        (is|are|was|were) (a|of|the|) (concern|question|suspicion)
        (is|was|are|were) in the differential
        {_BE} not (well|clearly|fully|adequately|completely) {_SEEN}
        not (well|clearly|fully|adequately|completely) {_SEEN}
        (is|are|was|were) unclear
    """,
    UNLIKELY: """
        (is|are|was|were|seems|appears|thought|considered|felt|appear|) (very|highly|more|)
            (unlikely|improbable)
        (is|are|was|were) not (likely|suspected)
    """,
    EITHER: "(versus|vs)",
    END: f"""
        (but|however|although|though|whereas|while|yet|nevertheless|nonetheless|despite|except)
        (aside|apart) from
        (other than|besides|excluding|with the exception of|in addition to|save for)
        (because|since|as|when|where|which|who|whom|whose|that|until|till|after|before|once|so)
        (therefore|thus|hence|consequently|then|plus|along with|together with|in contrast)
        (showing|revealing|demonstrating|indicating|confirming|causing|including|involving|treated)
        (signifying|implying|denoting|meaning|reflecting|representing)
        (no|not|without|without any|any) (significant|interval|appreciable|obvious|further|definite|
            apparent|substantial|gross|major|new|marked|evidence of|) {_CHANGE} (in|of|to|from|with|
            since|between|compared|compared to|compared with|)
        {_CHANGE} (in|to|between|since|from)
        (progression|regression|worsening|improvement|resolution|growth|disappearance|alteration) of
        not (only|just|merely|simply|always|uncommon|unusual|uncommonly|infrequently)
        not (surprisingly|shown|to scale|without|free of|negative for|lacking|resolved|absent|unlike)
        (has|have|had|is|are) not (completely|fully|yet|entirely|) (resolved|disappeared|cleared)
        no (doubt|question|matter|lack of|absence of|resolution of|sooner|less than|fewer than)
        no (more|) than
        without (difficulty|doubt|delay|complications|complication|incident|problems|event)
        without (limitation|prejudice|interruption|loss of generality)
        (yes or no|or not|if not|whether or no|no no|no 1|non specific)
    """,
    LINK: """
        (with|from|following|due to|secondary to|owing to|because of|attributed to|caused by)
        (related to|consistent with|compatible with|in keeping with|resulting|leading to|about)
    """,
    VERB: """
        (is|are|was|were|has|have|had|shows|showed|demonstrates|demonstrated|reveals|revealed)
        (appears|appear|appeared|remains|remain|remained|indicates|confirmed|confirms|measures)
        (measured|contains|seems|underwent|presented|presents|became|becomes|can|will|should|would)
        (developed|received|depicts|depicted|illustrates|represents|underwent)
    """,
    SEEN: f"""
        {_BE} {_BEFORE} {_SEEN}
        (can|could) be {_SEEN}
        (exists|occurred|occurs|remains|persists|existed)
    """,
    PLACE: """
        (in|at|within|on|to|near|around|by|along|between|over|above|below|under|through|throughout)
        (during|adjacent|inside|outside|beyond|across|against|per|via|for|into|beneath|behind)
        of (the|his|her|their|its|this|these|that|both|either|left|right)
        of (bilateral|each|all|any of the)
    """,
    THROUGH: f"""
        {_SUCH} (of|for|that|to suggest|consistent with|compatible with)
            (the|a|an|any|recent|prior|previous|)
        associated with
        to (suggest|indicate|support|explain|confirm|account for)
        (that|which) (would|could|might|may|) (suggest|suggests|indicate|indicates|support)
        (clinically|radiographically|sonographically|histologically|grossly)
        (at all|in particular|as well|such as|as well as|so far|to date|at this time|at present)
        (in situ|free air|free fluid|free gas|free edge|free margin|carbon free)
        (negative control|negative controls|negative predictive|negative pressure|negative margins)
        (negative feedback|negative regulation|negative regulator|negative correlation|gram negative)
        (likely pathogenic|may hegglin)
        potential (to|space|spaces|for)
        (partially|partly|often|previously|initially) excluded (from|)
        excluded from
        excluded (the|) patients
        resolved (into|by|as|to)
        if (any|present|possible|needed|necessary|applicable|indicated)
        as if
        at (the level|risk)
    """,
    AND: "(and|as well as|&)",
    OR: "(or|and/or|nor any|or any|or other)",
}
MARKS = {
    "(": OPEN,
    "[": OPEN,
    ")": CLOSE,
    "]": CLOSE,
    ";": END,
    ":": END,
    ".": END,
    ",": COMMA,
    "?": DOUBTED,
}
CUES = frozenset(
    {NEGATES, NOT, DOUBTS, DOUBTS_ONE, NEGATED, DOUBTED, UNLIKELY, EITHER}
    | {TWO_WAY_NO, TWO_WAY_DOUBT}
)
# Words that tell nothing of a cue; each cue has at least one other word.
_COMMON = frozenset(
    """
    is are was were be been being has have had do does did a an the to of for from by with that
    in also well seen noted identified found or and evidence at died as due related secondary
    presence can very highly more most less quite clearly fully entirely completely totally partly
    partially part now since nearly total full interval near-complete strongly initially
    clinically one another come arise result resulted sequela manifestation sign represent
    reflect needs need remain remains seems appear appears raise raises raised raising reliably
    definitively definitely visible observed encountered associated develop occur exist present
    speaks spoke case complete
    """.split()  # noqa: SIM905 - quoted words are no easier to read
)


def _lines(kind: str) -> list[str]:
    """The templates of a kind; a line indented deeper belongs to the one before it."""
    return re.sub(r"\n {9,}", " ", _TEMPLATES[kind]).strip().split("\n")


def phrases(kind: str) -> Iterator[tuple[str, ...]]:
    """Every phrase of a kind, as its words."""
    for line in _lines(kind):
        parts = re.split(r"[()]", line)
        choices = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
        for chosen in itertools.product(*choices):
            yield tuple(" ".join(chosen).split())


def _trie() -> dict[str, Any]:
    """All phrases by their words: each word leads to the words that may follow it; `""` to the kind.

    Where two kinds list a phrase, the earlier kind has it.
    """
    root: dict[str, Any] = {}
    for kind in _TEMPLATES:
        for phrase in phrases(kind):
            node = root
            for word in phrase:
                node = node.setdefault(word, {})
            node.setdefault("", kind)
    return root


KINDS = tuple(_TEMPLATES)
TRIE = _trie()


def _screen() -> re.Pattern[str]:
    """Finds the first word that tells of a cue, or an affix; most sentences have none."""
    words = {
        next((word for word in phrase if word not in _COMMON), phrase[0])
        for kind in CUES
        for phrase in phrases(kind)
    }
    letters = "".join(sorted({word[0] for word in words}))
    longest_first = "|".join(sorted(map(re.escape, words), reverse=True))
    return re.compile(
        rf"\b(?=[{letters}])(?:{longest_first})\b|[?]|-negative|-free|-like|\(-\)|non-"
    )


SCREEN = _screen()
