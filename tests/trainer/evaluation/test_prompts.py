"""Sentences of classes: grammar, negation, the user's own, and the file they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trainer.evaluation.classes import MODALITY_NAMES, ClassTask
from trainer.evaluation.nouns import LONGEST_NAME, with_article
from trainer.evaluation.prompts import class_sentences, load_prompts

_NONE = np.zeros(0, np.int64)


def _binary(label: str) -> ClassTask:
    return ClassTask(label, "set", "binary", ("absent", "present"), _NONE, _NONE)


def _exclusive(*names: str) -> ClassTask:
    return ClassTask("classes", "set", "exclusive", names, _NONE, _NONE)


def _modality(*names: str) -> ClassTask:
    return ClassTask("modality", "", "exclusive", names, _NONE, _NONE)


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("melanoma", "a melanoma"),
        ("ulcer", "an ulcer"),
        ("MRI scan", "an MRI scan"),
        ("CT scan", "a CT scan"),
        ("X-ray", "an X-ray"),
        ("uterus", "a uterus"),
        ("8 mm nodule", "an 8 mm nodule"),
        ("platelets", "platelets"),
        ("melanocytic nevi", "melanocytic nevi"),
        ("pneumonia", "pneumonia"),
        ("cardiomegaly", "cardiomegaly"),
        ("atelectasis", "atelectasis"),
        ("tumour tissue in the centre", "tumour tissue in the centre"),
        ("no finding", "no finding"),
        ("grade II", "grade II"),
        ("pelvis", "a pelvis"),
        ("", ""),
    ],
)
def test_articles(name: str, spoken: str) -> None:
    assert with_article(name) == spoken


def test_a_class_has_several_sentences_with_its_name() -> None:
    naevus, ulcer = class_sentences(_exclusive("naevus", "ulcer"), {})
    assert "an image showing an ulcer" in ulcer
    assert "naevus" in naevus
    assert len(set(naevus)) == len(naevus) >= 5
    assert all("naevus" in sentence for sentence in naevus)
    assert [s.replace("a naevus", "an ulcer").replace("naevus", "ulcer") for s in naevus] == list(
        ulcer
    )


def test_absent_and_present_differ_only_in_the_negation() -> None:
    absent, present = class_sentences(_binary("pleural effusion"), {})
    assert "an image without a pleural effusion" in absent
    assert "there is no pleural effusion in this image" in absent
    assert "there is a pleural effusion in this image" in present
    assert len(absent) == len(present)
    assert not any(" no " in f" {s} " or "without" in s for s in present)


def test_plural_names_agree() -> None:
    absent, present = class_sentences(_binary("platelets"), {})
    assert "there are platelets in this image" in present
    assert "there are no platelets in this image" in absent


def test_a_negative_label_is_not_negated_twice() -> None:
    absent, present = class_sentences(_binary("no finding"), {})
    assert "an image showing no finding" in present
    assert "an image showing a finding" in absent
    absent, _ = class_sentences(_binary("normal"), {})
    assert "an image showing abnormal findings" in absent


def test_every_modality_reads_well() -> None:
    names = tuple(sorted(MODALITY_NAMES.values()))
    for name, own in zip(names, class_sentences(_modality(*names), {}), strict=True):
        assert f"this is {with_article(name)}" in own
        assert with_article(name) != name


def test_the_users_sentences_take_the_place_of_ours() -> None:
    extra = {"Ulcer ": ("a sore",), "no effusion": ("dry",), "ct": ("slices",), "naevus": ()}
    naevus, ulcer = class_sentences(_exclusive("naevus", "ulcer"), extra)
    assert ulcer == ("a sore",)
    assert "naevus" in naevus  # none given: ours
    absent, present = class_sentences(_binary("effusion"), extra)
    assert absent == ("dry",)
    assert "effusion" in present
    scan, mri = class_sentences(_modality("CT scan", "MRI scan"), extra)
    assert scan == ("slices",)
    assert "MRI scan" in mri
    # The code of a modality is no other task's class.
    assert class_sentences(_exclusive("CT scan", "x"), extra)[0] != ("slices",)


@example("_", False)
@given(st.text(min_size=1).filter(lambda t: t.strip()), st.booleans())
def test_any_name_gives_short_sentences_on_one_line(name: str, binary: bool) -> None:
    task = _binary(name) if binary else _exclusive(name, f"{name} other")
    for own in class_sentences(task, {}):
        assert own
        for sentence in own:
            assert sentence
            assert "\n" not in sentence
            assert len(sentence) <= LONGEST_NAME + 60


def test_a_name_of_10000_characters_is_cut() -> None:
    for own in class_sentences(_exclusive("long " * 2_000, "x" * 10_000), {}):
        assert max(len(sentence) for sentence in own) <= LONGEST_NAME + 60


def test_braces_in_a_name_are_only_characters() -> None:
    assert "an image of a {it} %s" in class_sentences(_exclusive("{it} %s", "b"), {})[0]


def _file(folder: Path, text: str | bytes) -> Path:
    path = folder / "p.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_of_sentences(tmp_path: Path) -> None:
    text = "melanoma:\n  - a dark   spot\n  - a dark spot\n'no': [nothing there]\n7: ['grade 7']\n"
    found = load_prompts(_file(tmp_path, text))
    assert found == {
        "melanoma": ("a dark spot",),
        "no": ("nothing there",),
        "7": ("grade 7",),
    }


def test_a_bare_no_is_the_class_no_and_not_false(tmp_path: Path) -> None:
    assert load_prompts(_file(tmp_path, "no: [nothing]\nyes: [something]\n")) == {
        "no": ("nothing",),
        "yes": ("something",),
    }


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "must map each class"),
        ("- a\n- b\n", "must map each class"),
        ("melanoma: a spot\n", "'melanoma': must be a list of sentences"),
        ("melanoma: []\n", "'melanoma': has no sentences"),
        ("melanoma: [a, '']\n", "'melanoma': sentence 2 is empty"),
        ("melanoma: [a, ~]\n", "'melanoma': sentence 2 is empty"),
        ("melanoma: [a, [b]]\n", "'melanoma': sentence 2 must be text"),
        ("melanoma: {a: b}\n", "'melanoma': must be a list"),
        ("'': [a]\n", "line 1: a class must be a name"),
        ("? [a]\n: [b]\n", "line 1: a class must be a name"),
        ("Melanoma: [a]\nmelanoma: [b]\n", "'melanoma': stands twice (as 'Melanoma' before)"),
        ("a: [b\n", "line"),
        ("a: *unknown\n", "line 1: found undefined alias"),
        (b"a: [\xff\xfe]\n", "is not UTF-8"),
        ("a: [\x00]\n", "special characters are not allowed"),
        ("a: " + "[" * 10_000, "nested too deep"),
        (f"? {'x' * 10_000}\n: a\n", "must be a list"),
    ],
)
def test_a_file_that_is_wrong_is_told_in_one_line(
    tmp_path: Path, text: str | bytes, wrong: str
) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(ValueError, match=r"p\.yaml: ") as error:
        load_prompts(path)
    message = str(error.value)
    assert wrong in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 300


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.yaml: cannot be read: No such file"):
        load_prompts(tmp_path / "none.yaml")
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        load_prompts(tmp_path)


@given(st.binary(max_size=200))
def test_no_file_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, text: bytes
) -> None:
    path = _file(tmp_path_factory.getbasetemp(), text)
    try:
        found = load_prompts(path)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert all(sentences for sentences in found.values())
