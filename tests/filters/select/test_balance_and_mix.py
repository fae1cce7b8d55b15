"""Quotas, held out combinations, weights and training stages on rows whose answer is known."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.options import Balance, Mix
from filters.select.mixing import mixed
from schemas.sample import Concept, Label
from tests.filters.select.select_tables import Rows


def _first(names: list[str], most: int) -> set[str]:
    def place(name: str) -> int:
        return int.from_bytes(hashlib.md5(name.encode()).digest(), "little")

    return set(sorted(names, key=place)[:most])


def _kept(found: dict[str, dict]) -> set[str]:
    return {name for name, row in found.items() if row["kept"]}


def test_a_quota_keeps_the_first_by_hash_and_leaves_rows_without_a_value() -> None:
    rows = Rows()
    for i in range(50):
        rows.add(f"d{i}/1", modality="ct" if i < 30 else "mri" if i < 35 else "")
    found = rows.decided(balance=[Balance(by="modality", most=8)])
    ct = [f"d{i}/1" for i in range(30)]
    assert _kept(found) == _first(ct, 8) | {f"d{i}/1" for i in range(30, 50)}
    gone = next(row for row in found.values() if not row["kept"])
    assert gone["drops"][0]["detail"] == "modality ct: 8 of 30 rows stay"


def test_rows_elsewhere_do_not_change_who_stays() -> None:
    rows = Rows()
    for i in range(40):
        rows.add(f"d{i}/1", modality="ct")
    quota = [Balance(by="modality", most=10)]
    before = _kept(rows.decided(balance=quota))
    for i in range(40):
        rows.add(f"e{i}/1", modality="mri")
    assert before == {n for n in _kept(rows.decided(balance=quota)) if n.startswith("d")}


def test_a_row_stays_for_any_of_its_values() -> None:
    rows = Rows()
    for i in range(20):
        concepts = [Concept("C1", "common"), Concept("C1", "common")]
        concepts += [Concept("C2", "rare")] if i in (3, 4) else []
        concepts += [Concept("C3", "denied", negated=True)] if i == 5 else []
        rows.add(f"d{i:02d}/1", concepts=concepts)
    rows.add("none/1")
    found = rows.decided(balance=[Balance(by="concept", most=5)])
    names = [f"d{i:02d}/1" for i in range(20)]
    assert _kept(found) == _first(names, 5) | {"d03/1", "d04/1", "none/1"}


def test_labels_count_where_present_and_where_says_so() -> None:
    rows = Rows()
    for i in range(12):
        value = "present" if i < 8 else "absent"
        rows.add(f"d{i:02d}/1", labels=[Label("mass", value)], source="a" if i % 2 else "b")
    found = rows.decided(balance=[Balance(by="label", most=2, where="source = 'a'")])
    asked = [f"d{i:02d}/1" for i in range(8) if i % 2]
    assert len(_kept(found) & set(asked)) == 2
    assert len(_kept(found)) == 10


def test_quotas_follow_one_another() -> None:
    rows = Rows()
    for i in range(40):
        rows.add(f"d{i}/1", modality="ct", source="a" if i < 20 else "b")
    found = rows.decided(
        balance=[Balance(by="source", most=4), Balance(by="modality || '\n'", most=5)]
    )
    assert len(_kept(found)) == 5


def test_an_expression_that_fails_for_a_row_gives_it_no_value() -> None:
    rows = Rows()
    for i in range(6):
        rows.add(f"d{i}/1", meta={"year": "2020" if i < 4 else "unknown"})
    found = rows.decided(
        {"recent": "meta['year']::INTEGER >= 2000"},
        balance=[Balance(by="meta['year']::INTEGER", most=1)],
    )
    assert len(_kept(found)) == 1
    assert found["d5/1"]["drops"][0]["detail"] == "unknown: meta['year']::INTEGER >= 2000"


def test_held_out_combinations_are_test_with_their_whole_group() -> None:
    rows = Rows()
    for i in range(20):
        rows.add(f"d{i}/1", modality="ct", body_part="eye" if i < 5 else "chest")
        rows.add(f"d{i}/2", modality="mri", body_part="head")
    rows.add("gone/1", modality="ct", body_part="eye", code="TDM")
    rows.add("gone/2", modality="mri")
    found = rows.decided(hold_out={"eye_ct": "modality = 'ct' AND body_part = 'eye'"})
    test = {name for name, row in found.items() if row["split"] == "test"}
    assert test == {f"d{i}/{j}" for i in range(5) for j in (1, 2)}


def test_weights_and_stages_are_columns() -> None:
    rows = Rows()
    for i in range(40):
        rows.add(f"d{i}/1", modality="ct" if i < 30 else "mri", width=100 + 10 * i)
    found = rows.decided(
        mix=Mix(by="modality", shares={"ct": 1, "mri": 1}),
        curriculum={"small": "width < 200", "all": "true", "none": "width < 0"},
        val=0.3,
    )
    train = [row for row in found.values() if row["split"] == "train"]
    held = [row for row in found.values() if row["split"] != "train"]
    assert held
    assert {row["sampling_weight"] for row in held} == {1.0}
    assert sum(row["sampling_weight"] for row in train) == pytest.approx(len(train))
    mri = sum(r["sampling_weight"] for n, r in found.items()
              if r["split"] == "train" and int(n[1:-2]) >= 30)  # fmt: skip
    assert mri == pytest.approx(len(train) / 2)
    assert found["d0/1"]["curriculum"] == ["small", "all"]
    assert found["d39/1"]["curriculum"] == ["all"]


@given(
    st.dictionaries(st.text(max_size=4), st.integers(1, 10**7), max_size=9),
    st.floats(0.05, 1),
    st.floats(1, 20),
)
def test_inverse_weights_are_one_on_average_and_capped(
    counts: dict[str, int], inverse: float, cap: float
) -> None:
    weights = mixed(Mix(by="modality", inverse=inverse, cap=cap), counts)
    assert weights.keys() == counts.keys()
    if not counts:
        return
    mean = sum(weights[v] * n for v, n in counts.items()) / sum(counts.values())
    assert mean == pytest.approx(1)
    commonest = weights[max(counts, key=lambda v: counts[v])]
    for value, n in counts.items():
        assert weights[value] <= commonest * cap * 1.000001
        assert all(weights[value] >= weights[v] * 0.999999 for v, m in counts.items() if m > n)


def test_shares_that_name_nothing_that_is_there_change_nothing() -> None:
    assert mixed(Mix(by="modality", shares={"x": 1}), {"ct": 4, "mri": 2}) == {"ct": 1, "mri": 1}
    assert mixed(Mix(by="modality", shares={"ct": 1, "x": 1}), {"ct": 4, "mri": 4}) == {
        "ct": 2,
        "mri": 0,
    }
