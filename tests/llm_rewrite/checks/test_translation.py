"""Translations: numbers, units, sides, denials and names kept, in seven languages."""

from __future__ import annotations

import pytest

from llm_rewrite.faithfulness import check_translation
from llm_rewrite.task import Tools

SOURCE = "T2-weighted MRI: a 12 mm nodule in the left lung. No pleural effusion."
GOOD = {
    "zh": "T2加权MRI:左肺有一个12毫米的结节。无胸腔积液。",
    "ja": "T2強調MRI:左肺に12mmの結節を認める。胸水はない。",
    "es": "RM ponderada en T2: nódulo de 12 mm en el pulmón izquierdo. Sin derrame pleural.",
    "fr": "IRM pondérée en T2 : nodule de 12 mm dans le poumon gauche. Pas d'épanchement pleural.",
    "de": "T2-gewichtete MRT: ein 12 mm großer Knoten in der linken Lunge. Kein Pleuraerguss.",
    "pt": "RM ponderada em T2: nódulo de 12 mm no pulmão esquerdo. Sem derrame pleural.",
    "ar": "رنين مغناطيسي T2: عقيدة بقياس 12 مم في الرئة اليسرى. لا يوجد انصباب جنبي.",
}
OTHER_SIDE = {
    "zh": ("左", "右"), "ja": ("左", "右"), "es": ("izquierdo", "derecho"), "fr": ("gauche", "droit"),
    "de": ("linken", "rechten"), "pt": ("esquerdo", "direito"), "ar": ("اليسرى", "اليمنى"),
}  # fmt: skip
NO_DENIAL = {
    "zh": ("无胸腔", "有胸腔"), "ja": ("胸水はない", "胸水がある"), "es": ("Sin", "Con"),
    "fr": ("Pas d'", "Un "), "de": ("Kein", "Ein"), "pt": ("Sem", "Com"), "ar": ("لا يوجد", "يوجد"),
}  # fmt: skip
OTHER_UNIT = {"zh": ("毫米", "厘米"), "ar": ("مم", "سم")}


def found(text: str, language: str, source: str = SOURCE) -> set[str]:
    return {f.reason for f in check_translation(source, text, language, Tools())}


@pytest.mark.parametrize("language", GOOD)
def test_a_good_translation_has_no_finding(language: str) -> None:
    assert not found(GOOD[language], language)


@pytest.mark.parametrize("language", GOOD)
def test_a_changed_number_unit_side_denial_or_name_is_found(language: str) -> None:
    text = GOOD[language]
    assert "term_changed" in found(text.replace("12", "21"), language)
    assert "term_changed" in found(text.replace(*OTHER_UNIT.get(language, ("mm", "cm"))), language)
    assert "term_changed" in found(text.replace(*OTHER_SIDE[language]), language)
    assert "negation_flipped" in found(text.replace(*NO_DENIAL[language]), language)
    assert "term_changed" in found(text.replace("T2", ""), language)


def test_decimal_commas_and_other_digits() -> None:
    source = "A mass of 2.5 cm and 1,024 cells."
    assert not found("Una masa de 2,5 cm y 1.024 células.", "es", source)
    assert not found("كتلة بقياس ٢٫٥ سم و ١٠٢٤ خلية في الصورة", "ar", source)


def test_other_languages_keep_numbers_and_names() -> None:
    text = "Т2-взвешенная МРТ (T2): узел 12 мм в левом лёгком. Выпота нет."
    assert not found(text, "ru")
    assert "term_changed" in found(text.replace("12", "13"), "ru")


def test_the_wrong_language_and_nothing_are_found() -> None:
    assert "language_wrong" in found(GOOD["es"], "zh")
    assert found(" - ", "zh") == {"empty"}
