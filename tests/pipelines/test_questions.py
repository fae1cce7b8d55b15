"""Families of questions: their balance, what is guessed without the picture, and how it is shown."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from extractors.labelled.options import QuestionOptions
from filters.questions.evenness import balance, chi_squared_p
from pipelines import layout
from pipelines.corpus import open_corpus, views
from pipelines.questions import Family, family_table, printed, run
from pipelines.report.questions import questions_section
from pipelines.storage import Store
from pipelines.summary import manifest_connection, summarise
from schemas.manifest import samples_to_table
from schemas.sample import Question, Sample
from tests.extractors.labelled.questions.cases import CHEST, FINDINGS, GRADES, SKIN, ask, case_of

EVIL = "<script>alert(1)</script>"
Capsys = pytest.CaptureFixture[str]


def corpus_of(folder: Path, rows: Iterable[tuple[str, list[Question]]], kept: bool = True) -> Store:
    """A corpus of one partition; each row a group of its own."""
    store = Store(str(folder))
    samples = [
        Sample(
            sample_id=name,
            document_id=name,
            group_id=name,
            source="s",
            questions=questions,
            kept=kept,
        )
        for name, questions in rows
    ]
    store.write_table(layout.manifest_part(0), samples_to_table(samples), "")
    (folder / layout.CORPUS_JSON).write_text(
        json.dumps({"name": "test", "partitions": 1, "shards": []})
    )
    return store


def families_of(store: Store) -> dict[tuple[str, str], Family]:
    found = family_table(manifest_connection(store, 1), "manifest")
    return {(family.task, family.kind): family for family in found}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Family]:
    """2,000 samples: classes and grades all as common, findings as rare as they are."""
    choice = random.Random(1)
    options = QuestionOptions(max_per_sample=24)
    rows = []
    for i in range(2000):
        if i % 4 < 2:
            case = case_of(SKIN, f"s/{i}", {choice.choice(list(SKIN.labels)): "present"})
        elif i % 4 == 2:
            case = case_of(GRADES, f"g/{i}", {str(choice.randrange(5)): "present"})
        else:
            present = choice.sample(FINDINGS, choice.choice((0, 0, 1, 1, 2, 3)))
            case = case_of(CHEST, f"c/{i}", dict.fromkeys(present or ["No Finding"], "present"))
        rows.append((case.name, ask(case, options)))
    return families_of(corpus_of(tmp_path_factory.mktemp("simulated"), rows))


def test_places_are_even_over_many_samples(simulated: dict[tuple[str, str], Family]) -> None:
    tested = [family for family in simulated.values() if family.places_p is not None]
    assert len(tested) >= 5
    for family in tested:
        assert family.places_p is not None
        assert family.places_p > 0.001, family


def test_yes_and_no_are_even(simulated: dict[tuple[str, str], Family]) -> None:
    closed = [family for family in simulated.values() if family.kind == "closed"]
    assert len(closed) >= 5
    for family in closed:
        assert family.yes == pytest.approx(0.5), family
        assert family.alone == 0
        assert family.pairs * 2 == family.questions
        assert family.pair_chance == 0.25


def test_equal_classes_and_grades_are_not_guessed(
    simulated: dict[tuple[str, str], Family],
) -> None:
    for key in (("class", "single"), ("class", "closed"), ("grade", "single"), ("grade", "closed")):
        family = simulated[key]
        assert family.chance is not None
        assert abs(family.blind - family.chance) < 0.06, family
        assert not family.guessable
    assert simulated["class", "open"].blind < 0.25


def test_what_is_the_same_everywhere_is_guessed(
    simulated: dict[tuple[str, str], Family],
) -> None:
    assert simulated["modality", "open"].blind < 0.7
    assert simulated["body_part", "closed"].guessable


def test_no_answer_stands_in_its_question(simulated: dict[tuple[str, str], Family]) -> None:
    assert not [family for family in simulated.values() if family.named]


# What is wrong is found


def single(i: int, options: list[str], answer: str, words: str = "Which is it?") -> list[Question]:
    return [Question("single", f"{words}", options, answer, writer="fabrica", task="class")]


def test_answers_that_are_always_first_are_found(tmp_path: Path) -> None:
    choice = random.Random(2)
    rows = []
    for i in range(200):
        options = choice.sample("abcdefgh", 4)
        rows.append((str(i), single(i, options, options[0])))
    family = families_of(corpus_of(tmp_path, rows))["class", "single"]
    assert family.places == (1.0, 0.0, 0.0, 0.0)
    assert family.places_p is not None
    assert family.places_p < 1e-50
    assert family.guessable


def test_a_word_of_the_question_that_tells_the_answer_is_found(tmp_path: Path) -> None:
    choice = random.Random(3)
    rows = []
    for i in range(300):
        answer = choice.choice(("yes", "no"))
        word = "clearly" if answer == "yes" else "perhaps"
        text = f"Is there {word} a {choice.choice('abcdefghijklmnopqrstuvwxyz') * 3}{i}?"
        rows.append((str(i), [Question("closed", text, ["yes", "no"], answer, task="presence")]))
    family = families_of(corpus_of(tmp_path, rows))["presence", "closed"]
    assert family.blind > 0.95
    assert family.alone == 0  # not ours: no twin was promised


def test_coins_are_not_guessed(tmp_path: Path) -> None:
    choice = random.Random(4)
    yes_no = ["yes", "no"]
    rows = []
    for i in range(1000):
        text = f"Is it {choice.choice('abcd')}?"
        rows.append(
            (str(i), [Question("closed", text, yes_no, choice.choice(yes_no), task="presence")])
        )
    family = families_of(corpus_of(tmp_path, rows))["presence", "closed"]
    assert abs(family.blind - 0.5) < 0.06
    assert not family.guessable


def test_named_answers_and_missing_twins_are_counted(tmp_path: Path) -> None:
    twin = Question(
        "closed", "Is it a?", ["yes", "no"], "yes", writer="fabrica", task="class", pair="p"
    )
    rows = [
        ("1", single(1, ["left kidney", "liver"], "left kidney", "Which Left-Kidney is it?")),
        ("2", single(2, ["left", "right"], "left", "Is it left or right?")),
        ("3", [Question("open", "Name the CT.", [], "CT", task="class")]),
        ("4", [twin]),
        ("5", [twin, Question("closed", "Is it b?", ["yes", "no"], "no", writer="fabrica", task="class", pair="p")]),
    ]  # fmt: skip
    found = families_of(corpus_of(tmp_path, rows))
    assert found["class", "single"].named == 1
    assert found["class", "open"].named == 1
    assert found["class", "closed"].alone == 1
    assert found["class", "closed"].pairs == 1


def test_multiple_choices_are_right_only_as_a_whole(tmp_path: Path) -> None:
    rows = [
        (str(i), [Question("multiple", "Which?", ["a", "b", "c"], "a; b", task="presence")])
        for i in range(40)
    ]
    family = families_of(corpus_of(tmp_path, rows))["presence", "multiple"]
    assert family.blind == 1
    assert family.chance == pytest.approx(1 / 7)
    assert family.places == (0.5, 0.5, 0.0)


def test_dropped_rows_do_not_count_and_no_question_is_no_family(tmp_path: Path) -> None:
    store = corpus_of(tmp_path, [("1", single(1, ["a", "b"], "a"))], kept=False)
    assert families_of(store) == {}
    assert questions_section(store, summarise(store, 1, [])) == []


@pytest.mark.parametrize(
    ("statistic", "freedom", "p"),
    [
        (0, 3, 1.0),
        (3.841458820694124, 1, 0.05),
        (7.814727903251179, 3, 0.05),
        (16.266236196238130, 3, 0.001),
        (2.366, 3, 0.5),
        (18.307038053275146, 10, 0.05),
        (124.3421133874007, 100, 0.05),
        (10.82756617, 1, 0.001),
    ],
)
def test_chi_squared_as_in_the_tables(statistic: float, freedom: int, p: float) -> None:
    assert chi_squared_p(statistic, freedom) == pytest.approx(p, rel=1e-3)


def test_balance_is_tested_by_the_number_of_options() -> None:
    shares, p = balance({2: {1: 50, 2: 50}, 4: {1: 25, 2: 25, 3: 25, 4: 25}})
    assert shares == (0.375, 0.375, 0.125, 0.125)
    assert p == pytest.approx(1.0)
    assert balance({}) == ((), None)


# How it is shown


def test_the_command_prints_a_table_and_json(tmp_path: Path, capsys: Capsys) -> None:
    case = case_of(SKIN, "a", {"mel": "present"})
    corpus_of(tmp_path, [("a", ask(case))])
    assert run(str(tmp_path)) == 0
    out = capsys.readouterr().out
    assert "class" in out
    assert "blind" in out
    assert run(str(tmp_path), as_json=True) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {f["task"] for f in answer["families"]} == {"modality", "body_part", "class"}


def test_the_command_says_that_there_are_none(tmp_path: Path, capsys: Capsys) -> None:
    corpus_of(tmp_path, [("a", [])])
    assert run(str(tmp_path)) == 0
    assert "no kept row has a question" in capsys.readouterr().out


def test_the_report_shows_families_and_escapes(tmp_path: Path) -> None:
    rows = [("1", single(1, [EVIL, "b", "c"], EVIL, f"Which {EVIL}?"))]
    store = corpus_of(tmp_path, rows)
    html = "".join(questions_section(store, summarise(store, 1, [])))
    assert "<h2>Questions</h2>" in html
    assert "<script" not in html
    assert html.count("<figure>") == 1


def test_the_table_lines_up() -> None:
    family = Family("class", "single", 1200, 300, 0.25, 0.9, None, 3, (0.3, 0.2, 0.5), 0.004)
    head, line = printed([family]).split("\n")
    assert line.startswith("class  single")
    assert "90.0%!" in line
    assert head.index("kind") == line.index("single")


def test_the_queries_of_the_module_hold_a_triple_out(tmp_path: Path) -> None:
    import pipelines.questions as module

    doc = module.__doc__ or ""
    held_out, possible = (f"{part.split(chr(10) * 2)[0]}" for part in doc.split("\n\n    ")[1:])
    rows = []
    for i, (modality, part) in enumerate((("ct", "chest"), ("ct", "head"), ("mri", "chest"))):
        asked = Question("closed", "Is it?", ["yes", "no"], "no", task="presence")
        plain = {"document_id": "d", "group_id": "d", "source": "s", "questions": [asked]}
        rows.append(Sample(sample_id=str(i), modality=modality, body_part=part, **plain))
    store = Store(str(tmp_path))
    store.write_table(layout.manifest_part(0), samples_to_table(rows), "")
    corpus = {"name": "test", "partitions": 1, "shards": []}
    (tmp_path / layout.CORPUS_JSON).write_text(json.dumps(corpus))
    connection = views(open_corpus(str(tmp_path)))
    assert [row[0] for row in connection.execute(held_out).fetchall()] == ["1", "2"]
    assert connection.execute(possible).fetchall() == [("ct", "chest", "presence", 1)]


def test_words_of_other_languages_are_words(tmp_path: Path) -> None:
    choice = random.Random(6)
    rows = []
    for i in range(100):
        text, answer = choice.choice((("这是肺吗？", "是"), ("这是心脏吗？", "不是")))
        rows.append(
            (str(i), [Question("closed", text, [], answer, task="presence", language="zh")])
        )
    rows.append(("s", [Question("open", "¿Dónde está el riñón izquierdo?", [], "Riñón", task="x")]))
    found = families_of(corpus_of(tmp_path, rows))
    assert found["presence", "closed"].blind == 1
    assert 0.3 < (found["presence", "closed"].yes or 0) < 0.7
    assert found["x", "open"].named == 1
