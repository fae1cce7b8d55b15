"""Dates, ages, numbers and addresses in a text that may tell who a patient is.

Years and months alone tell nothing. Numeric dates are read day first and month first; of those
with a year of two digits only such as stand where a date is expected. Numbers of records count
where a word says what they are, and not those of trials, genes, articles, grants and goods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from filters.texts.words import listed

Found = tuple[str, int, int, float]  # kind, start, end, score

_MONTH = (
    r"(?:jan(?:uary|uar|eiro|vier)?|feb(?:ruary|ruar|rero)?|fev(?:ereiro)?|févr?(?:ier)?"
    r"|mar(?:ch|zo|ço|s)?|märz|apr(?:il|ile)?|abr(?:il)?|avr(?:il)?|may|mai|maio|mayo|maggio"
    r"|jun[ei]?|junho|junio|juin|giugno|jul[yi]?|julho|julio|juillet|luglio|aug(?:ust)?|ago(?:sto)?"
    r"|août|sept?(?:ember|embre|iembre)?|set(?:embro|tembre)?|o[ck]t(?:ober|obre)?|out(?:ubro)?"
    r"|ottobre|octubre|nov(?:ember|embre|embro|iembre)?|de[czs](?:ember|embre|embro)?|diciembre"
    r"|dezembro|décembre|dicembre|gennaio|febbraio|enero)"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d\d"
_WRITTEN = re.compile(
    rf"(?<![\w.,/-])(?:{_DAY}(?:st|nd|rd|th|º|\.)?\s?(?:(?:of|de|day of)\s)?{_MONTH}\b\.?,?\s?"
    rf"(?:(?:of|de|del)\s)?{_YEAR}|{_DAY}(?P<by>[-/]){_MONTH}(?P=by)(?:{_YEAR}|\d\d)"
    rf"|{_MONTH}\b\.?\s?{_DAY}(?:st|nd|rd|th)?,?\s{{1,2}}{_YEAR})(?![\w-])",
    re.IGNORECASE,
)
_ISO = re.compile(
    rf"(?<![\w./-]){_YEAR}([-/.])(?:0?[1-9]|1[0-2])\1{_DAY}(?![\w/-]|\.\d)(?:T\d\d:?\d\d)?"
)
_NUMERIC = re.compile(r"(?<![\w./-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?![\w/-]|\.\d)")
_COMPACT = re.compile(
    rf"(?i:date|acquired|dob|born|exam)[:.]?\s{{0,2}}({_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)
_DATED = re.compile(
    r"(?:\b(?:on|dated?|since|from|until|till|through|to|and|vs|admitted|discharged|operated|seen|of"
    r"|exam|study|scan|ct|mri?|x-?ray|ultrasound|radiographs?|films?|comparison|compared|signed|taken|am|vom|le"
    r"|del?|em|lmp|edd|time|acquired|performed|readmitted|died|discharge|admission|prior)"
    r"(?: the)?[:,(]?\s{0,2}|[:(]\s{0,2}|\A)\Z",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"(?:\bdob\b|\bd\.\s?o\.\s?b\.?|\bdate of birth|\bbirth ?(?:date|day)|\bborn(?: on| in)?"
    r"|\bnat[oa](?: il)?|\bgeb(?:\.|oren)?(?: am)?|\bnacid[oa](?: el)?|\bnascid[oa](?: em)?"
    r"|\bnée?(?: le)?|\bnascimento|\bnacimiento|\bgeburtsdatum|\*)[\s:.=-]{0,4}\Z",
    re.IGNORECASE,
)
_PUBLIC = re.compile(
    r"\b(?:accessed|access|retrieved|downloaded|published|updated|last (?:updated|accessed)|available"
    r"|version|released?|issue|copyright|visited|cited)\b[^.]{0,30}\Z",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:weeks?|days?|months?|years?|hours?|min|mg|ml|mm|cm|%|kg|µ|μ)", re.IGNORECASE
)

_AGE = re.compile(
    r"(?<![\w.,/-])0?(?:9\d|1[01]\d)(?:[\s-]{0,2}(?:years?|yrs?)[\s-]{0,2}(?:old\b|of age\b)"
    r"|[\s-]?(?:y\s?/\s?o|yo|y\.o\.|y\.?o\.?)(?!\w)|[\s-]?(?:[Yy]\b|yr|years?,?)[\s,]{0,2}(?=(?:fe)?male\b|[MF]\b"
    r"|(?:wo)?man\b)|[MF](?= with\b| s/p\b| status\b|,| presenting\b)"
    r"|\s(?:anos|años|ans|anni|Jahre)\b(?=,| de idade|\s?\)|\.| com| con| alte?))"
    r"|\b(?i:nonagenarian|centenarian)\b"
    r"|\b(?i:ninety|ninety[ -](?:one|two|three|four|five|six|seven|eight|nine)"
    r"|(?:a |one )?hundred(?:[ -]and)?(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)"
    r"[ -]years?[ -]old\b"
)
_AGED = re.compile(
    r"\b(?:aged?(?: of)?:?|age\s?=)\s{0,2}(0?(?:9\d|1[01]\d))(?:\s?[Yy])?\b"
    r"(?!\s?(?:[-–—+]|to\b|and\b|or\b|%|mm|cm|days?|weeks?|months?|min|hours?|h\b)"
    r"|\.\d|\s?(?:years?|yrs?)\s(?:and|or|to)\b)",
    re.IGNORECASE,
)

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(
    r"(?:\b(?:tel|tél|phone|telephone|telephon|telefone?|teléfono|fax|mobile|cell|call|pager|contact)"
    r"\b\.?(?: (?:no|number|at|on|us|me))?\.?[\s:#]{0,3}|(?<![\w.+(-])(?=\+))"
    r"(?P<number>\+?\(?\d[\d ().-]{5,18}\d)(?![\w-])"
    r"|(?<![\w.(-])(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])|(?<![\w.-])\(0\d{2,4}\) ?\d{3,4} ?\d{3,4}(?!\w)",
    re.IGNORECASE,
)
_NATIONAL = re.compile(
    r"(?<![\w.-])(?:\d{3}-\d{2}-\d{4}|\d{3}\.\d{3}\.\d{3}-\d{2}|[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]"
    r"|[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX])(?![\w-])"
    r"|(?i:\b(?:nhs|social security|ssn|sin|aadhaar|aadhar|uid|cpf|rg|dni|nie|nif|curp|nric|passport|medicare"
    r"|national (?:id|identity|insurance)|identity card|insurance|personnummer|pesel|cnic)\b"
    r"(?: (?:no|number|card|id|nr)){0,2}[.:#]{0,2}\s{0,2})"
    r"(?P<value>(?=[\w .-]{0,8}\d{3})[A-Z]{0,4}\d[\dA-Z .-]{4,16}[\dA-Z])(?!\w)"
)
_STREETS = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Crescent|Lane|Ln|Drive|Boulevard|Blvd|Court|Place|Square|Terrace"
    r"|Way|Close|Gardens?|Highway|Hwy|Parkway|Row|Walk)"
)
_ADDRESS = re.compile(
    rf"(?<![\w.,/-])\d{{1,5}}[A-Za-z]?,? (?:[A-Z][\w'.-]{{0,20}} ){{1,3}}{_STREETS}\b\.?"
    r"|(?<![\w.-])\d{1,4},? (?:bis )?(?i:rue|avenue|boulevard|chemin|allée|impasse) [\w' -]{2,40}"
    r"|\b[A-ZÄÖÜ][\w-]{1,25}(?:straße|strasse|str\.|gasse|allee) \d{1,4}\b"
    r"|\b(?:Calle|Rua|Avenida|Av\.|Via|Viale|Piazza|Travessa|Plaza) (?:[\w'.]{1,20} ){1,5}[,nNº.° ]{0,4}\d{1,5}\b"
    r"|(?i:\b(?:lives|living|resides|residing|resident) at\s|\b(?:home |patient |postal )?address:\s?)"
    r"(?=[^\n.;]{0,30}\d)[\w' ,/-]{6,60}"
)

_VALUE = r"(?P<value>(?:[A-Z]{1,4}[ -]{1,2})?(?=[\w/.-]{0,12}\d)[A-Z0-9][\w/-]{1,20}(?:\.\d{1,8})?)(?![\w@])"
_NUMBERED = r"(?:\s?(?:no|nos|nr|num|number|numbers|id|#|№|n°)\b)?[.:#=\s°º]{1,4}"
_RECORD = re.compile(
    r"\b(?:(?P<sure>mrn|mr\s?no|uhid|medical record|med\.? rec|patient(?:'s)? (?:id|record|file|number)"
    r"|patient (?:no|nr)|pat\.?[ -]{0,2}(?:id|nr|no)|chart (?:no|number|#)|case file|unit no|(?:op|ip|opd"
    r"|ipd|cr) no|crno|hosp(?:ital)?\.? (?:no|number|id|record|registration)|(?:surgical )?pathology (?:no"
    r"|number)|biopsy (?:no|number)|specimen (?:no|number|id)|prontuário|historia clínica|dossier)"
    r"|(?P<weak>accession|acc|access|reg(?:istration)? (?:no|number)|record (?:no|number)|slide|id|case"
    r"|file (?:no|number)|case (?:no|number|id)|visit (?:no|number)))\b\.?" + _NUMBERED + _VALUE,
    re.IGNORECASE,
)
_NOT_PATIENTS = re.compile(
    r"\b(?:genbank|pdb|ncbi|geo|sra|embl|ena|ddbj|refseq|uniprot|swiss-?prot|gene|protein|sequences?|trials?"
    r"|grants?|ethic\w*|approval|catalog\w*|cat|lot|batch|antibod\w*|clone|strains?|isolates?|voucher"
    r"|museum|herbarium|registry|registered|register|protocol|irb|committee|rrid|doi|pubmed|pmid|pmcid|project|award"
    r"|microarray|array\w*|dataset|database|deposited|probe|mouse|mice|rat|animal|plasmid|primer|taxon\w*|zoobank|bioproject|"
    r"sample|taxonomy|entrez|ensembl|omim|device|serial|model|part|product|prospero)\b[^.;]{0,40}\Z",
    re.IGNORECASE,
)
_PUBLIC_ID = re.compile(
    r"(?:NCT|ISRCTN|PMC|PMID|SRR|SRP|ERR|GSE|GSM|PXD|PRJ|SAM[NE]|CRD|EudraCT|ACTRN|ChiCTR|CTRI|UMIN"
    r"|DRKS|rs|MGI|ENS[GT])[\s:-]?\d|[NXAY][MPRC]_\d|E-[A-Z]{4}-|10\.\d{4}|(?:19|20)\d\d\Z"
)
_SEQUENCE = re.compile(r"(?:[A-Z]\d{5}|[A-Z]{2}\d{6}|[A-Z]{2}\d{8}|[A-Z]{3}\d{5})(?:\.\d)?\Z")

_ANY_MONTH = re.compile(
    r"(?i:jan|feb|fev|fév|mar|mär|apr|abr|avr|ma[iyg]|jun|jui|giu|jul|lug|aug|ago|aoû|se[pt]|o[ck]t|out"
    r"|ott|nov|de[czs]|dic|déc|gen|ene)[^\W\d]{0,8}\b"
)
_COMPACT_WORDS = listed("date acquired dob born exam")
_OLD = re.compile(
    r"(?<![\d.])0?(?:9\d|1[01]\d)(?![\d.])[ -]{0,2}(?:[yY]|an|Jahr|[MF]\b)|(?i:\bage[d ])"
)
_OLD_WORDS = listed("ninety hundred nonagenarian centenarian age aged")
_STREET_WORDS = listed("""
    street st avenue ave road rd crescent lane ln drive boulevard blvd court place square terrace way
    close garden gardens highway hwy parkway row walk rue chemin allée impasse calle rua avenida av
    via viale piazza travessa plaza lives living resides residing resident address
    """)
_STREET_ENDS = re.compile(r"(?:straße|strasse|str\.|gasse|allee) \d")
_RECORD_WORDS = listed("""
    mrn mr uhid medical med patient patients pat chart case unit op ip opd ipd cr crno hosp hospital
    pathology biopsy specimen prontuário historia dossier accession acc access reg registration
    record slide id file visit
    """)


def dates(text: str, known: Set[str]) -> Iterator[Found]:
    """Full dates, and dates of birth. `known` has the text's words in lower case, here and below:
    the cheap look that tells which patterns cannot match."""
    for found in _WRITTEN.finditer(text) if _ANY_MONTH.search(text) else ():
        yield from _date(text, found.start(), found.end(), 0.9)
    for found in _ISO.finditer(text):
        yield from _date(text, found.start(), found.end(), 0.9)
    for found in _NUMERIC.finditer(text):
        first, second, year = int(found[1]), int(found[3]), found[4]
        if not (0 < first <= 31 and 0 < second <= 31 and min(first, second) <= 12):
            continue
        expected = _DATED.search(text[max(0, found.start() - 24) : found.start()])
        if len(year) == 4:
            likely = 1880 <= int(year) <= 2099
        elif max(first, second) > 12 and found[2] == "/":  # 5/31/13 can be little else
            likely = _UNIT.match(text, found.end()) is None
        else:
            likely = expected is not None and _UNIT.match(text, found.end()) is None
        born = _BIRTH.search(text[max(0, found.start() - 24) : found.start()])
        if likely or born:
            yield from _date(text, found.start(), found.end(), 0.9 if len(year) == 4 else 0.7)
    for found in _COMPACT.finditer(text) if not _COMPACT_WORDS.isdisjoint(known) else ():
        yield from _date(text, found.start(1), found.end(1), 0.7)


def _date(text: str, start: int, end: int, score: float) -> Iterator[Found]:
    before = text[max(0, start - 60) : start]
    if _BIRTH.search(before):
        yield "birth_date", start, end, 1.0
    elif not _PUBLIC.search(before):
        yield "date", start, end, score


def ages(text: str, known: Set[str]) -> Iterator[Found]:
    """Ages of 90 years and more."""
    if _OLD.search(text) is None and _OLD_WORDS.isdisjoint(known):
        return
    for found in _AGE.finditer(text):
        yield "age_over_89", found.start(), found.end(), 0.9
    for found in _AGED.finditer(text):
        yield "age_over_89", found.start(1), found.end(1), 0.7


def contacts(text: str, known: Set[str]) -> Iterator[Found]:
    """Electronic mail, telephones and postal addresses."""
    for found in _EMAIL.finditer(text) if "@" in text else ():
        yield "email", found.start(), found.end(), 1.0
    digits = sum(map(text.count, "0123456789"))
    for found in _PHONE.finditer(text) if digits >= 7 else ():
        group = "number" if found["number"] else 0
        if 7 <= sum(map(str.isdigit, found[group])) <= 15:
            yield "phone", found.start(group), found.end(group), 0.8
    for found in _ADDRESS.finditer(text) if digits and _has_street(text, known) else ():
        yield "address", found.start(), found.end(), 0.7


def _has_street(text: str, known: Set[str]) -> bool:
    return not _STREET_WORDS.isdisjoint(known) or _STREET_ENDS.search(text) is not None


def numbers(text: str, known: Set[str]) -> Iterator[Found]:
    """Numbers of records, accessions and specimens, and those that a state gives."""
    many = sum(map(text.count, "0123456789")) >= 7
    for found in _NATIONAL.finditer(text) if many else ():
        group = "value" if found["value"] else 0
        yield "national_id", found.start(group), found.end(group), 0.8
    for found in _RECORD.finditer(text) if not _RECORD_WORDS.isdisjoint(known) else ():
        value, start = found["value"], found.start("value")
        digits = sum(map(str.isdigit, value))
        if digits < (3 if found["sure"] else 5) or _PUBLIC_ID.match(value):
            continue
        if not found["sure"] and _SEQUENCE.match(value):
            continue
        if not _NOT_PATIENTS.search(text[max(0, found.start() - 60) : found.start()]):
            yield "record_number", start, found.end("value"), 0.9 if found["sure"] else 0.6
