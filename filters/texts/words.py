"""Words of a text in any script, and the lists that its signals are read from."""

from __future__ import annotations

import re

# Scripts without spaces between words (Thai to Khmer, Japanese, Chinese): one character a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Marks that belong to the letters before them, and that \w leaves out.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]|[{_MARKS}])+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")


def words_of(text: str, start: int = 0) -> list[str]:
    """The words of a text in lower case from a place on: runs of letters and digits, single
    characters where a script has no spaces."""
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text, start)


def listed(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


# Small words of English.
FUNCTION = listed("""
    a about above after against all along also although among an and any are as at be because been
    before being below between both but by can could did do does doing down during each either for
    from further had has have having he her here hers him his how however i if in into is it its
    itself just me more most my near no nor not of off on once only onto or other our out over own
    per same she should since so some such than that the their theirs them then there these they
    this those through thus to together too toward towards under until up upon us very via was we
    were what when where whereas whether which while who whom whose why will with within without
    would you your
    """)

# Words after which no text ends.
UNFINISHED = listed("""
    the an and or of with for from by to at into onto than that which whose is are was were has have
    had be been as its their our his this these between among during through without within via
    per versus vs if when while because although whereas not no but nor e g i
    """) - {
    "no",
    "not",
    "i",
    "e",
    "g",
    "his",
    "this",
    "these",
    "vs",
    "versus",
    "without",
    "through",
}

# Finite verbs and their helpers, as captions have them.
VERBS = listed("""
    is are was were be been has have had can could may might will would should must do does did
    show shows showed demonstrate demonstrates demonstrated reveal reveals revealed indicate
    indicates indicated represent represents represented illustrate illustrates illustrated depict
    depicts depicted display displays displayed present presents presented confirm confirms
    confirmed suggest suggests suggested appear appears appeared correspond corresponds
    corresponded denote denotes denoted mark marks marked highlight highlights contain contains
    contained include includes included exhibit exhibits exhibited note notes see seen shown
    observe observed found find finds measure measures measured compare compares compared use uses
    used obtain obtained perform performed underwent identify identifies identified point points
    outline outlines outlined describe describes described summarize summarizes summarise
    summarises provide provides provided lead leads led cause causes caused increase increases
    increased decrease decreases decreased remain remains remained express expresses expressed
    form forms formed become becomes became occur occurs occurred involve involves involved receive
    receives received develop develops developed consist consists consisted give gives gave given
    make makes made take takes took taken lie lies lay run runs ran arise arises arose extend
    extends extended surround surrounds surrounded stain stains stained treat treated calculate
    calculated plot plotted draw drawn based considered reproduced adapted modified taken collected
    """)

# A figure's own label at its start, in lower case.
OWN_LABEL = re.compile(
    r"\s{0,9}(?:(?:supplementa(?:ry|l)|supporting|additional|online|extended data)\s{1,3})?"
    r"(?:figure|fig|figura|abbildung|abb|image|图|圖|図)"
    r"\.?\s{0,3}(?:[a-z]{0,2}\d{1,4}(?:[.-]\d{1,3})?[a-z]?|[ivx]{1,5})(?![^\W_])[\s.:|)\]–—-]{0,9}"
)

# What a text that only refers elsewhere is made of.
EMPTY = FUNCTION | listed("""
    see text main body legend legends caption captions figure figures fig figs table tables image
    images detail details detailed explanation explanations explained description descriptions
    described information info continued cont contd continue continuation continuing preceding
    previous following next please refer refers referred article articles paper page pages
    supplementary supplemental supplement supporting additional online material materials methods
    section sections abbreviations abbreviation shown given found provided data file files s1 s2 s3
    part parts panel panels left right top bottom view ref refs reference references discussion
    results appendix plate scheme video movie identical similar corresponding
    figura figuras tabela tabla texto ver veja véase continuação continuación legenda leyenda
    abbildung abb siehe tabelle fortsetzung suite voir texte légende
    图 圖 図 见 見 正 文 表 续 續 同 上 参 照 示
    """)

_LABELLED = r"(?:(?:\d{1,3}|s\d{1,3})(?:[.-]\d{1,2})?[a-z]?|[ivx]{1,5})\b"
_NEXT = r"(?:\s{0,2}(?:,|and|&|to|or|-|–|—)\s{0,2}(?:" + _LABELLED + r"|[a-z]\b)){0,8}"
REFERENCE = re.compile(
    r"(?:\b(?:see|same as|as|as in|as for|shown|as shown|refer to|compare|cf|like|from)\b"
    r"(?: also| the| in| to){0,2}\s{1,3})?"
    r"(?:\b(?:supplementa(?:ry|l)|supporting|additional|extended data|online)\s{1,2})?"
    r"(?:\b(?:figures?|figs?|tables?|movies?|videos?|schemes?|plates?|figuras?|tabelas?|tablas?"
    r"|abbildung|abb|text|files?)\b\.?\s{0,2}" + _LABELLED + _NEXT + r"(?: for [a-z]{3,20})?)"
    r"|\bsee (?:the |main |also ){0,2}(?:text|legend|methods|materials|details|below|above)\b"
    r"(?:(?: and| or) [a-z]{3,20})?(?: for (?:more |further |full )?[a-z]{3,20})?"
    r"|\b(?:legend|caption|details|symbols|abbreviations|labels|conventions|colou?rs|scale bars?)"
    r"(?: are| is)? (?:the same )?as (?:in|for)\b"
)

# One of these is in every reference.
REFERRING = listed("""
    figure figures fig figs table tables movie movies video videos scheme schemes plate plates
    figura figuras tabela tabelas tabla tablas abbildung abb text file files see legend caption
    details symbols abbreviations labels conventions color colors colour colours scale
    """)

_BAD_PAIRS = re.compile(
    r"[ÃÂÐÑâ][\u0080-\u00bf\u20ac\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u02c6"
    r"\u02dc\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u2122]{1,2}|\ufffd|[\u0080-\u009f]"
    r"|[\ue000-\uf8ff]"
)


def mojibake(text: str) -> float:
    """The share of a text's characters that look like bytes read in a wrong encoding, replaced
    characters, or characters of no meaning (controls, private use)."""
    if text.isascii():
        return 0.0
    return sum(len(found) for found in _BAD_PAIRS.findall(text)) / len(text)
