"""Glossaries and numbered lines: what is found, what is missing, what comes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_rewrite.answers import BadAnswer
from llm_rewrite.material.glossary import load_glossary, missing
from llm_rewrite.material.languages import named, same_language
from llm_rewrite.material.lines import Line, numbered, read_lines
from schemas.identifiers import short_hash


def terms(tmp_path, content: str, language: str = "zh"):
    path = tmp_path / "terms"
    path.write_text(content, "utf-8")
    return load_glossary(str(path), language)


def test_terms_are_whole_words_the_longest_first_and_plurals_count(tmp_path):
    glossary = terms(tmp_path, "nodule,结节\npulmonary nodule,肺结节\nmass,肿块\n")
    assert [e.term for e in glossary.within("A Pulmonary  Nodule.")] == ["pulmonary nodule"]
    assert [e.term for e in glossary.within("Nodules and masses")] == ["nodule", "mass"]
    assert glossary.within("nodular massive subnodule") == []


def test_terms_of_a_script_without_blanks_are_found_anywhere(tmp_path):
    glossary = terms(tmp_path, "肺结节,pulmonary nodule\n结节,nodule\n", "en")
    assert [e.term for e in glossary.within("右肺结节。")] == ["肺结节"]


def test_any_translation_of_a_term_will_do(tmp_path):
    (entry,) = terms(tmp_path, "spleen,脾|脾脏\n").within("spleen")
    assert missing([entry], "脾脏增大") == []
    assert missing([entry], "肝增大") == [entry]


def test_a_translation_may_be_inflected_at_its_end_only(tmp_path):
    (entry,) = terms(tmp_path, "kidney,riñón|riñon\n", "es").within("the kidney")
    assert missing([entry], "Los riñones") == []
    assert missing([entry], "prerriñón") == [entry]


@pytest.mark.parametrize(
    "content", ["term,de,zh\na,x,甲\n", "term\tde\tzh\na\tx\t甲\n", "\ufeffTerm;DE;ZH\na;x;甲\n"]
)
def test_the_header_names_the_language(tmp_path, content):
    (entry,) = terms(tmp_path, content).within("a")
    assert entry.translations == ("甲",)
    with pytest.raises(ValueError, match="no column fr; it has term, de, zh"):
        terms(tmp_path, content, "fr")


def test_a_large_glossary_is_quick(tmp_path):
    words = [f"{short_hash(str(i), 6)} term {i}" for i in range(50_000)]
    glossary = terms(tmp_path, "".join(f"{word},x{i}\n" for i, word in enumerate(words)))
    start = time.perf_counter()
    found = glossary.within(f"Here is {words[-1]} in a text. " * 100)
    assert [entry.translations for entry in found] == [("x49999",)]
    assert time.perf_counter() - start < 2


@given(st.text(max_size=80), st.text(max_size=30))
def test_any_text_can_be_looked_through(tmp_path_factory, text, term):
    path = tmp_path_factory.mktemp("g") / "g.csv"
    path.write_text(f'"cyst","囊肿"\n"{term.replace(chr(34), "")}","x"\n', "utf-8", "replace")
    glossary = load_glossary(str(path), "zh")
    assert "cyst" in [entry.term for entry in glossary.within(f"cyst. {text}")]


@given(st.lists(st.lists(st.text(max_size=20), max_size=5), max_size=4))
def test_every_line_has_one_number_and_is_shown_once(blocks):
    shown, numbers = numbered(blocks)
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    lines = [line for block in shown for line in block.split("\n") if line]
    assert lines == [f"{number}: {line}" for line, number in numbers.items()]
    back = read_lines([Line(number, f"x {line}") for line, number in numbers.items()], numbers)
    assert back == {number: f"x {line}" for line, number in numbers.items()}


def test_lines_that_are_not_as_they_were_asked_for_are_refused():
    _, numbers = numbered([["one", "two"]])
    for lines in (
        [Line(1, "x")],
        [Line(1, "x"), Line(1, "y"), Line(2, "z")],
        [Line(3, "x")],
        [Line(1, "\n")],
    ):
        with pytest.raises(BadAnswer):
            read_lines(lines, numbers)


def test_languages_by_their_codes():
    assert named("zh-Hant") != named("zh-CN") == named("zh")
    assert named("xx") == "language xx"
    assert same_language("pt", "pt-BR")
    assert same_language("zh", "zh")
    assert not same_language("zh-Hant", "zh")
    assert not same_language("es", "en")
