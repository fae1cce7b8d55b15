"""What select makes of split figures: never worse than whole, and no borrowed caption wins."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from filters.select.selection import Policy, decide
from schemas.licence import licence_of
from schemas.manifest import stage_rows_to_table
from schemas.sample import Drop, Figure, Image, Sample, Text

SPLIT = [Drop("figures", "split", "2 panels")]
LARGE = {"large": "width >= 100"}


def row(name: str, width: int = 200, **more) -> Sample:
    picture = Image("t.tar", 0, 1000, width, 200, "jpg", more.pop("sha", name), 0)
    box = [0, 0, width, 200] if name.count("/") > 1 else []
    fields = {
        "document_id": "d", "group_id": "d", "source": "pmc", "images": [picture],
        "width": width, "height": 200, "figure": Figure("F1", box=box),
        "licence": licence_of("CC BY"),
        "texts": [Text("caption", more.pop("caption", "A chest radiograph."))],
        **more,
    }  # fmt: skip
    return Sample(sample_id=name, **fields)


def whole(name: str = "d/F1", width: int = 500, **more) -> Sample:
    return row(name, width, drops=SPLIT, kept=False, **more)


def decided(samples: list[Sample], rules: dict[str, str], marks: str = "", **policy) -> dict:
    connection = duckdb.connect()
    numbers = pa.array([0] * len(samples), pa.int32())
    connection.register(
        "extracted", stage_rows_to_table(samples).append_column("partition", numbers)
    )
    connection.execute(
        "CREATE TABLE marks (document_id VARCHAR, partition INTEGER, reason VARCHAR, detail VARCHAR)"
    )
    if marks:
        connection.execute("INSERT INTO marks VALUES ('d', 0, ?, '')", [marks])
    decide(connection, rules, ["subcaption", "caption"], Policy(**policy))
    rows = connection.sql("SELECT * FROM decided").to_arrow_table().to_pylist()
    assert all(r["kept"] == (not r["drops"]) for r in rows)
    return {r["sample_id"]: [d["reason"] for d in r["drops"]] for r in rows}


def test_a_figure_is_for_its_panels_where_one_is_kept() -> None:
    found = decided([whole(), row("d/F1/a"), row("d/F1/b", 50)], LARGE)
    assert found == {"d/F1": ["split"], "d/F1/a": [], "d/F1/b": ["large"]}


def test_a_figure_comes_back_where_no_panel_is_kept() -> None:
    found = decided([whole(), row("d/F1/a", 60), row("d/F1/b", 50)], LARGE)
    assert found == {"d/F1": [], "d/F1/a": ["large"], "d/F1/b": ["large"]}


def test_what_comes_back_must_pass_the_rules_too() -> None:
    found = decided([whole(width=99), row("d/F1/a", 60)], LARGE)
    assert found == {"d/F1": ["large"], "d/F1/a": ["large"]}


def test_the_figure_of_a_set_aside_row_needs_no_rule_to_stay_aside() -> None:
    assert decided([whole(width=20), row("d/F1/a")], LARGE)["d/F1"] == ["split"]


def test_panels_of_other_figures_do_not_count() -> None:
    found = decided([whole(), row("d/F1/a", 60), row("d/F10/a"), row("d/F1x/b")], LARGE)
    assert found["d/F1"] == []


@pytest.mark.parametrize(
    "drops", [[Drop("figures", "fault", "x")], [Drop("extract", "split"), *SPLIT]]
)
def test_other_marks_stay(drops: list[Drop]) -> None:
    found = decided([row("d/F1", drops=drops, kept=False)], LARGE)
    assert found["d/F1"] == [drop.reason for drop in drops]


def test_a_withdrawn_document_takes_all_along() -> None:
    found = decided([whole(), row("d/F1/a")], LARGE, marks="withdrawn")
    assert found == {"d/F1": ["withdrawn"], "d/F1/a": ["withdrawn"]}


def test_a_panel_that_is_a_duplicate_is_no_reason_to_come_back() -> None:
    other = row("d/F2", sha="same", caption="A much longer caption of the same picture.")
    found = decided([whole(), row("d/F1/a", sha="same"), other], LARGE)
    assert found == {"d/F1": ["split"], "d/F1/a": ["duplicate"], "d/F2": []}


def test_of_equal_panels_the_one_with_words_of_its_own_stays() -> None:
    long = "The caption of a whole figure, which is mostly about its other panels."
    own = row("d/F1/a", sha="same", caption="Axial view.", meta={"panel_text": "own"})
    borrowed = row("d/F2/p1", sha="same", caption=long, meta={"panel_text": "whole"})
    found = decided([own, borrowed], {})
    assert found == {"d/F1/a": [], "d/F2/p1": ["duplicate"]}
