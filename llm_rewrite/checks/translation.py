"""A translation against its English source: numbers, units, sides, denials and Latin names kept.

Small word lists for zh, es, fr, de, ar, pt and ja; for other languages numbers and names alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from llm_rewrite.checks import language as languages
from llm_rewrite.checks.assertions import assertions
from llm_rewrite.checks.finding import Finding, findings
from llm_rewrite.checks.identifiers import identifiers
from llm_rewrite.checks.quantities import Quantity, quantities
from llm_rewrite.checks.reading import Reading, read
from llm_rewrite.checks.terms import listed
from llm_rewrite.checks.units import UNITS
from llm_rewrite.task import Tools

# language: what says left, right, both sides, and what denies
_LEFT = {
    "zh": "左", "ja": "左", "es": r"\bizquierd", "pt": r"\besquerd", "fr": r"\bgauche",
    "de": r"\blink[se]|\blinks", "ar": "يسرى|أيسر|ايسر|اليسار|يسار|الأيسر|شمال",
}  # fmt: skip
_RIGHT = {
    "zh": "右", "ja": "右", "es": r"\bderech", "pt": r"\bdireit", "fr": r"\bdroit",
    "de": r"\brecht[se]|\brechts", "ar": "يمنى|أيمن|ايمن|اليمين|يمين",
}  # fmt: skip
_BOTH = {
    "zh": "双侧|两侧|雙側|兩側|双|兩|两", "ja": "両|左右", "es": r"\bbilateral|\bamb[oa]s",
    "pt": r"\bbilatera|\bamb[oa]s", "fr": r"\bbilat|\bdeux|\bles 2", "de": r"\bbeid|\bbilat",
    "ar": "ثنائي|كلا|كلتا|الجانبين",
}  # fmt: skip
_DENIES = {
    "zh": "无|無|没有|沒有|未|不|非|否认|缺|阴性|排除", "ja": "な[いくしか]|無|ませ|ず|非|未|不|陰性|欠",
    "es": r"\bno\b|\bsin\b|\bning|\bni\b|\baus|\bnegativ|\bcarec|\bnunca|\bdescart|\blibre",
    "pt": r"\bnão\b|\bsem\b|\bnenhum|\bnem\b|\baus|\bnegativ|\bnunca|\bdescart|\blivre",
    "fr": r"\bpas\b|\bsans\b|\baucun|\bni\b|\babs|\bnégati|\bjamais|\bnon\b|\bindemne|\bexclu|\bn'",
    "de": r"\bkein|\bnicht\b|\bohne\b|\bweder\b|\bnoch\b|\bfehl|\bnegativ|\bausgeschlossen|\bfrei\b|nicht",
    "ar": r"(?<!\w)(?:لا |لم |ليس|بدون|دون|عدم|غير|غياب|خال|ولا|سلبي|انعدام)",
}  # fmt: skip
_PATTERNS = {
    name: {code: re.compile(words, re.IGNORECASE) for code, words in table.items()}
    for name, table in (("left", _LEFT), ("right", _RIGHT), ("both", _BOTH), ("no", _DENIES))
}
_UNIT_WORDS: dict[str, str] = {
    "毫米": "mm", "公分": "cm", "厘米": "cm", "微米": "μm", "米": "m", "センチメートル": "cm", "センチ": "cm",
    "ミリメートル": "mm", "ミリ": "mm", "毫升": "ml", "ミリリットル": "ml", "毫克": "mg", "微克": "μg", "公斤": "kg",
    "千克": "kg", "克": "g", "小时": "hour", "小時": "hour", "時間": "hour", "分钟": "min", "分": "min",
    "秒": "s", "天": "day", "日": "day", "周": "week", "週間": "week", "週": "week", "个月": "month",
    "個月": "month", "か月": "month", "ヶ月": "month", "月": "month", "岁": "year", "歲": "year", "歳": "year",
    "年": "year", "倍": "fold", "مم": "mm", "ملم": "mm", "سم": "cm", "مل": "ml", "ملغ": "mg", "كغ": "kg",
    "millimètres": "mm", "milímetros": "mm", "centímetros": "cm", "centimètres": "cm",
    "zentimeter": "cm", "jahre": "year", "años": "year", "anos": "year", "ans": "year",
    "meses": "month", "mois": "month", "monate": "month", "semanas": "week", "semaines": "week",
    "wochen": "week", "días": "day", "dias": "day", "jours": "day", "tage": "day", "horas": "hour",
    "heures": "hour", "stunden": "hour", "prozent": "%", "pour": "", "cento": "%",
}  # fmt: skip
_CJK_DIGITS = {c: float(v) for v, c in enumerate("零一二三四五六七八九")} | {
    "两": 2.0,
    "兩": 2.0,
    "十": 10.0,
}
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)*)\s?([^\W\d_]{1,14}|%|٪|°)?")
_LATIN_NAME = re.compile(r"[A-Z][A-Z0-9&]{1,7}\d?|[A-Z]\d{1,2}|[a-z]?[A-Z]+\d+[A-Za-z]?")
_TRANSLATED = listed("""
    CT MRI MR US TAC TC RM IRM MRT AND OR THE NO IV II III AP PA LEFT RIGHT USG ECG EKG SEM TEM
    DNA RNA AIDS HIV LV RV LA RA TB CSF BA IM SC AM PM
    """)


def check_translation(source: str, text: str, language: str, tools: Tools) -> list[Finding]:
    """What a translation from English lost or changed; empty where nothing. `language` is a code."""
    if not any(character.isalnum() for character in text):
        return [Finding("empty")]
    origin = read(source)
    found = [*languages.language(text, language), *identifiers(read(text), origin, english=False)]
    return findings([*found, *_changed(origin, text, language)])


def _changed(source: Reading, text: str, language: str) -> Iterator[tuple[str, str]]:
    """Numbers, units, sides, denials and names of the source that the translation has not."""
    code = language.lower().replace("_", "-").partition("-")[0]
    plain = read(text).text
    yield from _numbers(source, text)
    if code in _LEFT:
        yield from _sides(source, plain, code)
        yield from _denials(source, plain, code)
    yield from _names(source, plain, code)


def _found(text: str) -> Counter[float]:
    """The numbers of a text in any language, decimal commas read."""
    plain = "".join(_digit(c) for c in text[:50_000])
    found: Counter[float] = Counter()
    for match in _NUMBER.finditer(plain):
        for value in _readings(match[1]):
            found[value] += 1
    for character in plain:
        if character in _CJK_DIGITS:
            found[_CJK_DIGITS[character]] += 1
    return found


def _digit(character: str) -> str:
    if character.isascii():
        return character
    if character.isdecimal():
        return str(int(character))
    return {"٫": ".", "٬": ",", "،": ","}.get(character, character)


def _readings(number: str) -> set[float]:
    """What `1.024` or `1,5` may mean where points and commas differ by language."""
    number = number[:30]
    readings = {float(re.sub("[.,]", "", number))}
    parts = re.split("[.,]", number)
    if len(parts) > 1:
        readings.add(float("".join(parts[:-1]) + "." + parts[-1]))
    return readings


def _numbers(source: Reading, text: str) -> Iterator[tuple[str, str]]:
    found = _found(text)
    own = quantities(source)
    told: set[float] = set()
    for quantity in own:
        if quantity.kind == "name" or quantity.number in found or quantity.number in told:
            continue
        if not source.words[quantity.token][0].isdigit() or quantity.unit == "month":
            continue
        if quantity.value in found:
            continue
        told.add(quantity.number)
        yield "term_changed", f"number lost: '{source.around(quantity.token, 1, 2)}'"
    yield from _added_numbers(source, text)
    yield from _units(own, text, source)


def _added_numbers(source: Reading, text: str) -> Iterator[tuple[str, str]]:
    known = _found(source.text)
    known.update({q.number: 1 for q in quantities(source)})
    plain = "".join(_digit(c) for c in text[:50_000])
    for match in _NUMBER.finditer(plain):
        if not any(value in known for value in _readings(match[1])):
            yield "term_changed", f"number added: '{match[0][:30]}'"
            return


def _units(own: tuple[Quantity, ...], text: str, source: Reading) -> Iterator[tuple[str, str]]:
    """12 mm that became 12 cm: the number is there, never with a unit of its kind and size."""
    plain = "".join(_digit(c) for c in text[:50_000])
    units: dict[float, set[tuple[str, float]]] = {}
    for match in _NUMBER.finditer(plain):
        unit = _unit(match[2] or "")
        for value in _readings(match[1]):
            if unit:
                units.setdefault(value, set()).add(UNITS[unit])
    for quantity in own:
        told = units.get(quantity.number)
        if quantity.unit in UNITS and told and UNITS[quantity.unit] not in told:
            yield "term_changed", f"unit: '{source.around(quantity.token, 1, 2)}'"
            return


def _unit(word: str) -> str:
    lowered = word.lower()
    for length in range(len(lowered), 0, -1):
        start = lowered[:length]
        if start in _UNIT_WORDS:
            return _UNIT_WORDS[start]
        if start in UNITS and (length == len(lowered) or not lowered[length].isascii()):
            return start
    return ""


def _sides(source: Reading, text: str, code: str) -> Iterator[tuple[str, str]]:
    words = source.known
    both = bool(_PATTERNS["both"][code].search(text))
    for side, other in (("left", "right"), ("right", "left")):
        said = bool(_PATTERNS[side][code].search(text))
        if side in words and not said and not (both and other in words):
            yield "term_changed", f"'{side}' lost"
        known = words & {side, "bilateral", "bilaterally", "both"}
        if said and not known and not any(side in k for k in source.expansions.values()):
            yield "term_changed", f"'{side}' added"
    if {"bilateral", "bilaterally"} & words and not both:
        left, right = (_PATTERNS[s][code].search(text) for s in ("left", "right"))
        if not (left and right):
            yield "term_changed", "'bilateral' lost"


def _denials(source: Reading, text: str, code: str) -> Iterator[tuple[str, str]]:
    told = assertions(source)
    denies = _PATTERNS["no"][code].search(text)
    if told.denied and not denies:
        at = next(iter(told.denied.values()))
        yield "negation_flipped", f"nothing denied, source '{source.around(at, 3, 1)}'"
    strong = {
        "zh": "没有|沒有|未见|未見|无明",
        "ja": "認めない|認められない|見られない|ありません",
    }.get(code)
    plain = strong and re.search(strong, text)
    sure = plain or (denies and code in ("es", "pt", "fr", "de"))
    if denies and sure and not (told.denied or told.marked or _affixed(source)):
        yield "negation_flipped", f"'{(plain or denies)[0]}': the source denies nothing"


def _affixed(source: Reading) -> bool:
    """Whether a word of the source holds a denial in itself, which a translation may spell out."""
    return any(w.startswith(("un", "in", "non", "im", "ir", "dis", "a")) and len(w) > 5
               for w in source.words) or "?" in source.words  # fmt: skip


def _names(source: Reading, text: str, code: str) -> Iterator[tuple[str, str]]:
    """Abbreviations and names in Latin letters (T2, FLAIR, CD34) that are gone."""
    here = text.upper()
    for i, form in enumerate(source.forms):
        if not _LATIN_NAME.fullmatch(form) or form.upper() in _TRANSLATED:
            continue
        if form.upper() in here or (form.upper().rstrip("S") in here):
            continue
        if source.words[i] in source.expansions and not any(c.isdigit() for c in form):
            continue
        if any(c.isdigit() for c in form):
            yield "term_changed", f"'{form}' lost"
            return
