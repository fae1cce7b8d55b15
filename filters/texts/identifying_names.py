"""Names of persons in a text, where a word before them says that a name follows.

A capitalised word is no name in itself (Crohn, Foley, Mayo): one is taken only after a title, a
label ("Name:"), "patient" or a relative, a word of thanks or signature, or in the form that
scanners write (DOE^JANE, DOE, JANE). `name` is a patient's or relative's, `person` another's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from filters.texts.identifying_words import GIVEN, NOT_NAMES
from filters.texts.words import listed

Found = tuple[str, int, int, float]  # kind, start, end, score

_UPPER = r"(?:[A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽ])"
_PART = re.compile(
    rf"(?P<initials>{_UPPER}\.(?:\s?-?{_UPPER}\.){{0,3}}(?:\s?{_UPPER}\b(?![.\w'’-]))?)"
    rf"|(?P<particle>(?:de|da|do|dos|del|della|der|den|di|du|la|le|van|von|bin|ibn|al|el|ter|ten|y|e)\b)"
    rf"|(?P<word>(?:[OD]['’]|Mc|Mac|al-|el-)?{_UPPER}[^\W\d_]{{1,24}}(?:-{_UPPER}?[^\W\d_]{{1,24}}){{0,2}})"
    rf"|(?P<letter>{_UPPER}\b(?!['’-]))"
)
_GAP = re.compile(r"[  ]{1,2}")
_MOST_PARTS = 4

_TITLE = re.compile(
    r"\b(?P<patient>Mr|Mrs|Ms|Miss|Mister|Master|Baby|Frau|Herr|Herrn|Señora?|Mme|Monsieur|Madame|Sra|Sr"
    r"|MR|MRS|MISS|MASTER|BABY OF|B/O)\.?[  ]{1,2}(?=[^\W\d_])"
    r"|\b(?P<other>Drs?|DR|Prof|Professor|Doctor|Profesor|Docteur|Doktor|Nurse)\.?[  ]{1,2}(?=[^\W\d_])"
)
_LABEL = re.compile(
    r"\b(?:(?i:(?:patient(?:'s)?|pat\.?|pt\.?|full|first|last|family|sur|given|baby)[ _]?)?(?i:name)\s?[:=]"
    r"|(?i:patient|pt|paciente|proband)\s?:|(?:NAME|Name)(?= +[A-Z][A-Za-z]))\s{0,3}"
)
_PATIENT = re.compile(
    r"(?<![\w-])(?:(?i:patient|pt|proband|propositus|paciente|patiente|patientin|case of|man|woman|boy|girl"
    r"|child|infant|lady|gentleman|baby|son|daughter|wife|husband|mother|father|sister|brother"
    r"|parents?|twins?|volunteer|victim))\b(?:(?:,? (?:was |is )?(?i:named|called|nicknamed|by the name of)"
    r"(?P<named>) )|(?P<comma>, ?\(?)| \(|(?= )) ?(?=[^\W\d_a-z])"
)
_CALLED_SO = re.compile(r"(?:Sister|Brother|Father|Mother|Lady)\b")  # nuns, saints, flowers
_THANKS = re.compile(
    r"(?i:\bcourtesy(?: of|:)|\bcredits?:|\bthanks to|\bthank"
    r"|\b(?:photo(?:graph)?s?|images?|picture|illustrations?|drawings?|drawn|artwork|micrographs?"
    r"|figure)(?: credits?| ?©)?(?: by|:)"
    r"|\b(?:provided|taken|drawn|prepared|made|supplied|contributed|donated|performed|signed|read"
    r"|dictated|reported|interpreted|transcribed|verified|approved|authenticated|reviewed) by"
    r"|\b(?:attending|resident|radiologist|consultant|surgeon|technologist|operator|doctor|dr|op"
    r"|(?:referring )?physician|referring (?:doctor|md)|ref\. ?phys(?:ician)?\.?)(?= ?:))"
    r"\s?:?\s{1,2}(?=[^\W\d_])"
)
_AND = re.compile(r"(?:,? and |, | & )(?=[^\W\d_a-z])")
_DEGREE = re.compile(r",? (?:M\.?D\b|Ph\.?D\b|D\.?O\b|FRCR\b|FRCS\b|MBBS\b|RN\b)\.?")
_CARET = re.compile(r"(?<![\w^'’-])[^\W\d_][\w'’-]{0,30}(?:\^[\w.'’-]{0,30}){1,4}")
_CAPITALS = re.compile(r" ([^\W\d_]{2,25})(?![\w:])")
_LISTED = re.compile(
    rf"(?<![\w.,^-])(?P<last>(?:[OD]['’])?{_UPPER}[^\W\d_]{{1,20}}(?:-{_UPPER}[^\W\d_]{{1,20}})?),[  ]?"
    rf"(?P<first>{_UPPER}[^\W\d_]{{1,15}})(?: {_UPPER}\b\.?| {_UPPER}[^\W\d_]{{2,15}}(?=\W|\Z))?"
)
_ON_SCREEN = re.compile(
    r"(?i:\b(?:id|dob|mrn|sex|acc|lmp|hosp|age)\b|\b0\d\dy\b)|\d{1,2}[/.:-]\d{1,2}|\b[MF]\b"
)
_OF_PERSON = re.compile(
    r"(?i:phys(?:ician)?\.?|doctor|dr\.?|radiologist|operator|op|referr\w*|attending)\s?:?\s?\Z"
)


class _Name:
    """A run of name parts that begins at a place."""

    def __init__(self, text: str, start: int, capitals: bool = False) -> None:
        self.start = self.end = start
        self.words: list[str] = []
        self.initials = 0
        place = start
        for _ in range(_MOST_PARTS):
            part = _PART.match(text, place)
            if part is None or not self._takes(part, capitals):
                break
            if part.lastgroup != "particle":
                self.end = part.end()
            gap = _GAP.match(text, part.end())
            if gap is None:
                break
            place = gap.end()

    def _takes(self, part: re.Match[str], capitals: bool) -> bool:
        if part.lastgroup == "particle":
            return bool(self.words)
        if part.lastgroup == "letter":  # no name begins with a lone letter; DOE J ends with one
            return capitals and bool(self.words)
        if part.lastgroup == "initials":
            self.initials += part[0].count(".")
            return True
        word = part["word"]
        if word.lower() in NOT_NAMES or (word.isupper() and not capitals and len(word) < 4):
            return False
        self.words.append(word)
        return True

    @property
    def given(self) -> bool:
        return bool(self.words) and self.words[0].lower() in GIVEN


def names(text: str, known: Set[str]) -> Iterator[Found]:
    """Names of patients and of other persons; `known` has the text's words in lower case."""
    yield from _as_on_screens(text)
    for words, look in _LOOKS:
        if not words.isdisjoint(known):
            yield from look(text)


def _with_title(text: str) -> Iterator[Found]:
    for found in _TITLE.finditer(text):
        title = found["patient"] or found["other"]
        capitals = title.isupper()
        name = _Name(text, found.end(), capitals)
        if name.end == name.start:
            continue
        if capitals and (len(name.words) < 2 or not all(map(str.isupper, name.words))):
            continue  # MR is magnetic resonance, too
        if title in ("Nurse", "Baby", "Sr", "Doctor") and not name.words:
            continue
        yield "name" if found["patient"] else "person", found.end(), name.end, 0.9


def _with_label(text: str) -> Iterator[Found]:
    for found in _LABEL.finditer(text):
        listed = _LISTED.match(text, found.end())
        if listed and listed["last"].lower() not in NOT_NAMES:
            yield "name", listed.start(), listed.end(), 1.0
            continue
        name = _Name(text, found.end(), capitals=True)
        sure = found[0].rstrip().endswith((":", "="))
        if name.words and (sure or len(name.words) > 1):
            yield "name", found.end(), name.end, 0.9


def _of_patient(text: str) -> Iterator[Found]:
    titled = None
    for found in _PATIENT.finditer(text):
        name = _Name(text, found.end())
        if name.end == name.start or _CALLED_SO.match(found[0]):
            continue
        if found["named"] is not None:
            yield "name", name.start, name.end, 0.9
            continue
        if titled is None:
            titled = _in_title_case(text)
        enough = name.given or (len(name.words) >= 2 and not titled)
        enough = enough or bool(name.initials and name.words)
        if found["comma"]:
            enough = enough and text[name.end : name.end + 1] in (",", ")", " ", ".", ";")
        if enough or name.initials >= 2:
            yield "name", name.start, name.end, 0.8 if name.given else 0.6


def _in_title_case(text: str) -> bool:
    words = [word for word in text[:2000].split() if len(word) > 3 and word[0].isalpha()]
    return sum(word[0].isupper() for word in words) * 2 > len(words) + 4


def _thanked(text: str) -> Iterator[Found]:
    for found in _THANKS.finditer(text):
        place = found.end()
        for _ in range(6):  # "A. Smith, B. Jones and C. Brown"
            title = _TITLE.match(text, place)
            name = _Name(text, title.end() if title else place, capitals=True)
            degree = _DEGREE.match(text, name.end)
            if not title and not degree and len(name.words) + bool(name.initials) < 2:
                break
            if name.words:
                yield "person", name.start, name.end, 0.8
            further = _AND.match(text, degree.end() if degree else name.end)
            if further is None:
                break
            place = further.end()


def _as_on_screens(text: str) -> Iterator[Found]:
    for found in _CARET.finditer(text) if "^" in text else ():
        words = found[0].split("^")
        if not words[0][0].isupper() or not any(w[:1].isupper() for w in words[1:]):
            continue
        if not any(len(w) > 1 and w.isalpha() and w.lower() not in NOT_NAMES for w in words):
            continue
        end = found.end()
        while (more := _CAPITALS.match(text, end)) and more[1].isupper():
            if more[1].lower() in NOT_NAMES:
                break
            end = more.end()
        other = _OF_PERSON.search(text[max(0, found.start() - 24) : found.start()])
        yield "person" if other else "name", found.start(), end, 0.9
    on_screen = len(text) < 400 and _ON_SCREEN.search(text) is not None
    for found in _LISTED.finditer(text) if on_screen else ():
        last, first = found["last"].lower(), found["first"].lower()
        if len(last) < 3 or last in NOT_NAMES or first in NOT_NAMES:
            continue
        if first in GIVEN and (found["last"].isupper() or found.start() < 60):
            yield "name", found.start(), found.end(), 0.7


_LOOKS = (
    (listed("name surname patient pt paciente proband"), _with_label),
    (
        listed("""
        mr mrs ms miss mister master baby b frau herr herrn señor señora mme monsieur madame sra sr
        dr drs prof professor doctor profesor docteur doktor nurse
        """),
        _with_title,
    ),
    (
        listed("""
        patient pt proband propositus paciente patiente patientin case man woman boy girl child
        infant lady gentleman baby son daughter wife husband mother father sister brother parent
        parents twin twins volunteer victim
        """),
        _of_patient,
    ),
    (
        listed("""
        courtesy credit credits thanks thank by photo photos photograph photographs image images
        picture illustration illustrations drawing drawings artwork micrograph micrographs attending
        resident radiologist consultant surgeon technologist operator doctor dr op physician
        referring ref
        """),
        _thanked,
    ),
)
