"""The numbers of score and select: counts, quotas and weights, and how scores are spread."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import layout, scored
from pipelines.balanced import balanced_of
from pipelines.recipe_file import check_recipe
from pipelines.scored import (
    BINS,
    STEPS,
    Spread,
    cuts_of,
    extremes,
    measure,
    named_in,
    rows_at,
    spreads_of,
)
from pipelines.selected import KeptOut, Selected, selected_of, selection_views
from pipelines.storage import Store
from pipelines.summary import manifest_connection, summarise
from schemas.manifest import samples_to_table
from schemas.sample import Drop, Image, Sample

PICTURE = Image("shards/none.tar", 0, 9, 9, 9, "jpg", "", 0)


def row(number: int, **more: object) -> Sample:
    name = f"d{number}/1"
    own = {"document_id": f"d{number}", "group_id": f"d{number}", "source": "s", "split": "train"}
    return Sample(sample_id=name, **{**own, "images": [PICTURE], **more})


def connected(folder: Path, rows: list[Sample], **tables: list[dict]) -> duckdb.DuckDBPyConnection:
    """A connection to a corpus of these rows; `tables` are leaks, near_pairs and compared."""
    store = Store(str(folder))
    store.write_table(layout.manifest_part(0), samples_to_table(rows), "")
    connection = manifest_connection(store, 1)
    selection_views(connection, store)
    for name, entries in tables.items():
        schema = connection.sql(f"FROM {name}").to_arrow_table().schema
        connection.unregister(name)
        connection.register(name, schema.empty_table().from_pylist(entries, schema=schema))
    return connection


def spreads(connection: duckdb.DuckDBPyConnection, rules: dict[str, str]) -> list[Spread]:
    return spreads_of(connection, measure(connection, rules, 5), rules)


def leak(number: int, **more: object) -> dict:
    own = {"partition": 0, "sample_id": f"d{number}/1", "set": "exam", "item": "e.png"}
    rest = {"kind": "picture", "distance": 3.0, "how": "as is", "direct": True}
    return {**own, **rest, **more}


# Counts


def test_a_corpus_without_any_of_it_says_nothing(tmp_path: Path) -> None:
    selected = selected_of(connected(tmp_path, [row(0), row(1)]))
    assert selected == Selected()
    assert selected.counts() == {}


def test_rows_count_once_a_set_however_often_they_match(tmp_path: Path) -> None:
    leaks = [
        leak(0),
        leak(0, kind="text", item="t1"),
        leak(0, item="other", direct=False),
        leak(1, kind="text", item="t1"),
        leak(2, direct=False),
        leak(2, set="other", item="x"),
    ]
    compared = [
        {"what": what, "n": n}
        for what, n in (
            ("pictures for exam", 30),
            ("pictures of exam", 4),
            ("texts for exam", 20),
            ("texts of exam", 5),
            ("pictures for empty", 30),
            ("pictures of empty", 2),
            ("pictures for near duplicates", 28),
        )
    ]
    connection = connected(tmp_path, [row(i) for i in range(3)], leaks=leaks, compared=compared)
    empty, exam, other = selected_of(connection).sets
    assert exam == KeptOut("exam", 4, 5, 30, 20, 2, 1, 2, 1, 2)
    assert (exam.rows, other.rows) == (3, 1)
    assert empty == KeptOut("empty", 2, None, 30)


def test_a_set_with_a_strange_name_keeps_it(tmp_path: Path) -> None:
    name = "pictures of\n'x' for texts of y"
    compared = [{"what": f"pictures {word} {name}", "n": n} for word, n in (("of", 3), ("for", 9))]
    (found,) = selected_of(connected(tmp_path, [row(0)], compared=compared)).sets
    assert (found.name, found.pictures, found.pictures_compared) == (name, 3, 9)


def test_likeness_is_told_by_kind(tmp_path: Path) -> None:
    how = ("as is", "crop, mirror", "embedding", "text", "text")
    pairs = [
        {"partition": 0, "sample_id": f"d{i}/1", "winner": "d9/1", "distance": 0.1, "how": h}
        for i, h in enumerate(how)
    ]
    found = selected_of(connected(tmp_path, [row(9)], near_pairs=pairs)).alike
    assert found == [("picture", 2, 1), ("embedding", 1, 1), ("text", 2, 1)]


def test_privacy_counts_rows_looked_at_marked_and_kept(tmp_path: Path) -> None:
    looked = {"burnt_in_text": 0.0, "identifying": 0.0}
    marked = {"identifying": "text:0 1-4 name; text:0 6-9 name; text:1 0-2 date"}
    rows = [
        row(0, scores=looked),
        row(1, scores=looked, meta=marked),
        row(2, scores=looked, meta=marked, kept=False, drops=[Drop("select", "x")]),
        row(3),
    ]
    selected = selected_of(connected(tmp_path, rows))
    assert selected.privacy == [("burnt_in", 3, 0, 0), ("identifying", 3, 2, 1)]
    assert selected.identifying == [("name", 4, 2), ("date", 2, 2)]


def test_stages_and_weights_are_of_kept_rows(tmp_path: Path) -> None:
    rows = [
        row(0, curriculum=["a", "b"], sampling_weight=0.25),
        row(1, curriculum=["a"], split="test", sampling_weight=9.0),
        row(2, curriculum=["a"], kept=False, drops=[Drop("select", "x")], sampling_weight=7.0),
        row(3, sampling_weight=1.75),
    ]
    selected = selected_of(connected(tmp_path, rows))
    assert selected.curriculum == [("a", 2, 1), ("b", 1, 1)]
    assert selected.weights == (0.25, 1.75)


def test_a_corpus_of_an_older_version_is_still_counted(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    table = samples_to_table([row(0)]).drop_columns(["sampling_weight", "curriculum"])
    store.write_table(layout.manifest_part(0), table, "")
    assert summarise(store, 1, []).selected == Selected()


def test_counts_of_a_real_run_stand_in_corpus_json(selection_corpus: Path) -> None:
    counts = json.loads((selection_corpus / "corpus.json").read_text())["counts"]
    assert counts["kept_out"] == {"exam": {"matches": 3, "others": 0}}
    assert counts["compared"]["pictures of exam"] == 3
    assert counts["compared"]["pictures for exam"] == 12
    assert counts["alike"] == {"picture": 1, "text": 1}
    assert counts["privacy"]["identifying"] == 1
    assert sum(counts["by_curriculum"].values()) == counts["kept"]


# Quotas, weights, stages


def recipe(**select: object):
    return check_recipe({"name": "x", "sources": [{"jats": {"root": "."}}], "select": select})


def test_quotas_show_what_was_there_and_what_stays(tmp_path: Path) -> None:
    gone = {"kept": False, "drops": [Drop("select", "balance")]}
    other = {"kept": False, "drops": [Drop("select", "small")]}
    rows = [
        *(row(i, modality="ct") for i in range(2)),
        *(row(10 + i, modality="ct", **gone) for i in range(3)),
        row(20, modality="ct", **other),
        row(21, modality="mri"),
        row(22, modality=""),
    ]
    wanted = recipe(balance=[{"by": "modality", "most": 2, "where": "source = 's'"}])
    (quota,) = balanced_of(connected(tmp_path, rows), wanted).quotas
    assert quota.values == [("ct", 5, 2), ("mri", 1, 1)]
    assert quota.others == (0, 0, 0)


def test_quotas_with_many_values_add_up_the_rest(tmp_path: Path) -> None:
    rows = [row(i, modality=f"m{i:02}") for i in range(30)]
    (quota,) = balanced_of(
        connected(tmp_path, rows), recipe(balance=[{"by": "modality", "most": 9}])
    ).quotas
    assert len(quota.values) == 25
    assert quota.others == (5, 5, 5)


def test_what_cannot_be_computed_for_a_row_stops_nothing(tmp_path: Path) -> None:
    rows = [row(0, caption="12"), row(1, caption="no number")]
    wanted = recipe(
        balance=[{"by": "caption::INTEGER", "most": 9}],
        mix={"by": "caption::INTEGER", "inverse": 1},
        hold_out={"held": "caption::INTEGER > 5"},
    )
    found = balanced_of(connected(tmp_path, rows), wanted)
    assert found.quotas[0].values == [("12", 1, 1)]
    assert [value for value, *_ in found.mixed] == ["", "12"]
    assert found.held == [("held", "caption::INTEGER > 5", 1, 0, 1)]


def test_shares_are_those_that_training_would_see(tmp_path: Path) -> None:
    rows = [row(i, source="a", sampling_weight=0.5) for i in range(6)]
    rows += [row(10 + i, source="b", sampling_weight=2.5) for i in range(2)]
    rows.append(row(20, source="b", split="test", sampling_weight=1.0))
    wanted = recipe(mix={"by": "source", "shares": {"a": 3, "b": 5}})
    found = balanced_of(connected(tmp_path, rows), wanted).mixed
    assert found == [("a", 6, 0.5, 0.75, 0.375), ("b", 2, 2.5, 0.25, 0.625)]


# Scores


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("clip >= 0.25", [("clip", ">=", 0.25)]),
        ("0.25 <= clip", [("clip", ">=", 0.25)]),
        ("scores['clip'] > .5", [("clip", ">", 0.5)]),
        ("clip IS NULL OR clip>-1e-2", [("clip", ">", -0.01)]),
        ("image_flat < 0.9 AND text_words>3", [("image_flat", "<", 0.9), ("text_words", ">", 3.0)]),
        ("caption != 'clip >= 0.5'", []),
        ("clip * 2 > 0.5 * blur", []),
        ("clip > 0.5 + blur", []),
        ("clip > blur", []),
        ("width // 2 > 100", []),
    ],
)
def test_comparisons_with_a_number_are_read_out_of_rules(rule: str, found: list[tuple]) -> None:
    cuts = cuts_of({"r": rule})
    assert [(name, cut.sign, cut.at) for name, own in cuts.items() for cut in own] == found


@given(st.text(max_size=60))
def test_no_rule_is_too_strange_to_be_read(rule: str) -> None:
    for cuts in cuts_of({"r": rule}).values():
        assert all(cut.rule == "r" for cut in cuts)


def test_scores_that_rules_name_come_first() -> None:
    rules = {"a": "blur < 1", "b": "scores['clip'] > 0 AND caption != 'flat'"}
    assert named_in(rules, ["clip", "flat", "blur"]) == ["blur", "clip"]


def test_every_row_is_in_one_bin(tmp_path: Path) -> None:
    random.seed(4)
    values = [random.lognormvariate(0, 2) for _ in range(300)] + [0.0, 1e9, -3.5]
    kept = [random.random() < 0.6 for _ in values]
    rows = [
        row(i, scores={"text_words": v}, kept=k, drops=[] if k else [Drop("select", "x")])
        for i, (v, k) in enumerate(zip(values, kept, strict=True))
    ]
    rows.append(row(999, scores={"text_words": math.inf}))
    (spread,) = spreads(connected(tmp_path, rows), {"r": "text_words > 7"})
    assert (spread.kept, spread.dropped) == (sum(kept), len(kept) - sum(kept))
    assert len(spread.bins) == BINS
    assert sum(k for *_, k, _ in spread.bins) == spread.kept
    assert sum(d for *_, d in spread.bins) == spread.dropped
    assert spread.low <= -3.5
    assert spread.high < 1e9
    assert spread.beyond >= 1
    assert [(cut.sign, cut.at) for cut in spread.cuts] == [(">", 7.0)]


def test_bins_hold_the_rows_of_their_range(tmp_path: Path) -> None:
    rows = [row(i, scores={"clip": (i + 0.5) / 200}) for i in range(200)]
    (spread,) = spreads(connected(tmp_path, rows), {})
    assert (spread.low, spread.high) == (0.0, 1.0)
    assert {kept for _, _, kept, _ in spread.bins} <= {4, 5, 6}


def test_steps_go_from_the_lowest_to_the_highest_row(tmp_path: Path) -> None:
    rows = [row(i, scores={"clip": i / 1000}) for i in range(1000)]
    connection = connected(tmp_path, rows)
    measured = measure(connection, {}, 5)
    (spread,) = spreads_of(connection, measured, {})
    assert len(spread.steps) == STEPS
    assert list(spread.steps) == sorted(spread.steps)
    assert spread.steps[0] == 0.0
    assert spread.steps[-1] == pytest.approx(0.999)
    found = rows_at(connection, measured, [spread])
    assert set(found) == {("clip", value) for value in spread.steps}
    for (_, value), sample_id in found.items():
        assert int(sample_id[1:].partition("/")[0]) / 1000 == pytest.approx(value, abs=0.0006)


def test_where_nearly_all_rows_are_equal_the_others_are_shown_too(tmp_path: Path) -> None:
    values = [0.0] * 500 + [0.1, 0.2, 0.3]
    rows = [row(i, scores={"clip": v}) for i, v in enumerate(values)]
    (spread,) = spreads(connected(tmp_path, rows), {})
    assert list(spread.steps) == [0.0, 0.1, 0.2, 0.3]


def test_one_value_alone_is_a_spread_too(tmp_path: Path) -> None:
    for value in (0.0, 1.0, -2.0, 7.0):
        (spread,) = spreads(connected(tmp_path, [row(0, scores={"clip": value})]), {})
        assert spread.low < spread.high
        assert sum(kept for _, _, kept, _ in spread.bins) == 1
        assert list(spread.steps) == [value]


def test_of_many_rows_a_fixed_sample_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scored, "MOST_ROWS", 100)
    rows = [row(i, scores={"clip": i / 1000}) for i in range(1000)]
    connection = connected(tmp_path, rows)
    measured = measure(connection, {}, 5)
    assert measured.every == 10
    (spread,) = spreads_of(connection, measured, {})
    assert 50 < spread.kept < 150
    (again,) = spreads(connected(tmp_path, rows[::-1]), {})
    assert again == spread


def test_the_best_and_worst_are_kept_rows_by_rank_then_cosine(tmp_path: Path) -> None:
    scores = [(0.9, 0.5), (0.9, 0.7), (0.1, 0.9), (1.0, 1.0), (0.5, 0.5)]
    rows = [
        row(i, scores={"clip_rank": rank, "clip": cosine}, kept=i != 3)
        for i, (rank, cosine) in enumerate(scores)
    ]
    rows.append(row(9, scores={"clip_rank": math.nan, "clip": 0.2}))
    connection = connected(tmp_path, rows)
    measured = measure(connection, {}, 5)
    by = ("clip_rank", "clip")
    assert extremes(connection, measured, by, True, 2) == ["d1/1", "d0/1"]
    assert extremes(connection, measured, by, False, 2) == ["d2/1", "d4/1"]


def test_a_score_without_a_number_is_left_out(tmp_path: Path) -> None:
    rows = [row(0, scores={"clip": math.nan, "text_words": 3.0})]
    assert [spread.name for spread in spreads(connected(tmp_path, rows), {})] == ["text_words"]
