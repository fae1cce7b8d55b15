"""Samples and documents go to Arrow and back without loss."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.manifest import (
    DOCUMENTS,
    MANIFEST,
    documents_from_table,
    documents_to_table,
    samples_from_table,
    samples_to_table,
)
from schemas.sample import Document, Drop, FileRef, Image, Sample, Text, document_row, dropped

TEXT = st.text(max_size=20)
IMAGES = st.builds(
    Image,
    path=TEXT,
    offset=st.integers(0, 2**40),
    length=st.integers(0, 2**31),
    width=st.integers(1, 10**5),
    height=st.integers(1, 10**5),
    format=st.sampled_from(["jpg", "png"]),
    sha256=TEXT,
    phash=st.integers(0, 2**64 - 1),
)
SAMPLES = st.builds(
    Sample,
    sample_id=TEXT,
    document_id=TEXT,
    group_id=TEXT,
    source=TEXT,
    images=st.lists(IMAGES, max_size=2),
    texts=st.lists(st.builds(Text, kind=TEXT, text=TEXT, faithful=st.none() | st.booleans())),
    scores=st.dictionaries(TEXT, st.floats(allow_nan=False)),
    meta=st.dictionaries(TEXT, TEXT),
    drops=st.lists(st.builds(Drop, stage=TEXT, reason=TEXT, detail=TEXT), max_size=2),
    modality_score=st.none() | st.floats(0, 1),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.lists(SAMPLES, max_size=3))
def test_samples_survive_the_table(samples: list[Sample]) -> None:
    table = samples_to_table(samples)
    assert table.schema == MANIFEST
    assert samples_from_table(table) == samples


def test_the_schema_has_the_fields_of_the_record() -> None:
    assert [f.name for f in MANIFEST] == [f.name for f in msgspec.structs.fields(Sample)]
    assert [f.name for f in DOCUMENTS] == [f.name for f in msgspec.structs.fields(Document)]


def test_documents_survive_the_table() -> None:
    document = Document(
        "PMC1.1",
        "PMC1",
        "pmc",
        "PMC1.1",
        files=[FileRef("a.jpg", "x/a.jpg", "00")],
        meta={"k": "v"},
    )
    assert documents_from_table(documents_to_table([document])) == [document]


def test_a_drop_mark_is_added_never_replaced() -> None:
    row = document_row(Document("d", "g", "s", "a"), "extract", "no_figures")
    twice = dropped(row, "select", "licence", "x" * 900)
    assert [d.reason for d in twice.drops] == ["no_figures", "licence"]
    assert not twice.kept
    assert len(twice.drops[1].detail) == 500
