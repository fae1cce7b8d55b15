"""verify: every tar member against the manifest, every count against corpus.json."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator

import duckdb
import msgspec
import pyarrow as pa

from extractors.modality.tree import KIND_OF
from pipelines import layout
from pipelines.corpus import Corpus
from pipelines.summary import manifest_connection, summarise
from pipelines.verify_selection import verify_selection
from schemas.identifiers import shard_key
from schemas.manifest import samples_from_table
from schemas.sample import Sample

_IN_ITS_TEXT = (
    'c.text >= 0 AND c.text < len(texts) AND c.start >= 0 AND c.start < c."end" '
    'AND c."end" <= length(texts[c.text + 1].text)'
)
# A box within a hundredth of a pixel, or none; scaled boxes are not exact.
_IN_ITS_PICTURE = (
    "len(r.box) = 0 OR (len(r.box) = 4 AND r.image < len(images) "
    "AND least(r.box[1], r.box[2]) > -0.01 AND r.box[1] < r.box[3] AND r.box[2] < r.box[4] "
    "AND r.box[3] < images[r.image + 1].width + 0.01 "
    "AND r.box[4] < images[r.image + 1].height + 0.01)"
)
_UNTRACED = "{0}.faithful IS NOT NULL AND ({0}.prompt = '' OR {0}.evidence = '')"
_PLACE = "try_cast(split_part(r, ':', 2) AS INTEGER)"
_LEADS_NOWHERE = f"""CASE split_part(r, ':', 1)
    WHEN 'text' THEN coalesce({_PLACE} >= len(texts), true)
    WHEN 'region' THEN coalesce({_PLACE} >= len(regions), true)
    WHEN 'question' THEN coalesce({_PLACE} >= len(questions), true)
    WHEN 'image' THEN coalesce({_PLACE} >= len(images), true)
    ELSE false END"""
_LEAVES = ", ".join(f"'{name}'" for name in ("", *KIND_OF))
_QUESTIONS = {
    "sample ids that come twice": "SELECT sample_id FROM manifest GROUP BY sample_id HAVING count(*) > 1",
    "kept rows with a drop mark, or dropped rows without": (
        "SELECT sample_id FROM manifest WHERE kept != (len(drops) = 0)"
    ),
    "kept rows without a shard, or dropped rows in one": (
        "SELECT sample_id FROM manifest WHERE kept != (shard != '')"
    ),
    "kept rows without a picture or a caption": (
        "SELECT sample_id FROM manifest WHERE kept AND (len(images) = 0 OR caption IS NULL)"
    ),
    "groups in more than one split": (
        "SELECT group_id FROM manifest WHERE kept GROUP BY group_id HAVING count(DISTINCT split) > 1"
    ),
    "duplicates of rows that are not there": (
        "SELECT sample_id FROM manifest WHERE duplicate_of != '' AND duplicate_of NOT IN "
        "(SELECT sample_id FROM manifest)"
    ),
    "panels of figures that are not there": (
        "SELECT sample_id FROM manifest WHERE len(figure.box) > 0 "
        "AND regexp_replace(sample_id, '/[^/]+$', '') NOT IN (SELECT sample_id FROM manifest)"
    ),
    "figures marked split without panels": (
        "SELECT sample_id FROM manifest WHERE 'split' IN map_keys(meta) AND len(figure.box) = 0 "
        "AND (document_id, figure.id) NOT IN "
        "(SELECT (document_id, figure.id) FROM manifest WHERE len(figure.box) > 0)"
    ),
    "panels with a picture of another size than their box": (
        "SELECT sample_id FROM manifest WHERE len(figure.box) = 4 AND width IS NOT NULL "
        "AND (width != figure.box[3] - figure.box[1] OR height != figure.box[4] - figure.box[2])"
    ),
    "panel boxes outside their figure": (
        "SELECT sample_id FROM manifest WHERE len(figure.box) > 0 AND width IS NOT NULL AND NOT "
        "(len(figure.box) = 4 AND least(figure.box[1], figure.box[2]) >= 0 "
        "AND figure.box[3] <= figure.width AND figure.box[4] <= figure.height)"
    ),
    "rows with concepts outside their text": (
        "SELECT sample_id FROM manifest WHERE "
        f"len(list_filter(concepts, lambda c: NOT coalesce({_IN_ITS_TEXT}, false))) > 0"
    ),
    "rows with concepts of another kind than their text": (
        "SELECT sample_id FROM manifest WHERE len(list_filter(concepts, "
        "lambda c: c.kind IS DISTINCT FROM coalesce(texts[c.text + 1].kind, c.kind))) > 0"
    ),
    "regions outside their picture": (
        "SELECT sample_id FROM manifest WHERE kept AND len(list_filter(regions, "
        f"lambda r: NOT coalesce({_IN_ITS_PICTURE}, false))) > 0"
    ),
    "questions whose answer is none of their options": (
        "SELECT sample_id FROM manifest WHERE kept AND len(list_filter(questions, "
        "lambda q: coalesce(q.faithful, true) AND len(q.options) > 0 AND NOT list_has_all(q.options, "
        "CASE q.kind WHEN 'multiple' THEN string_split(q.answer, '; ') ELSE [q.answer] END))) > 0"
    ),
    "captions that are a rejected text and no other": (
        "SELECT sample_id FROM manifest WHERE kept AND caption != '' "
        "AND len(list_filter(texts, lambda t: t.text = caption AND t.faithful = false)) > 0 "
        "AND len(list_filter(texts, lambda t: t.text = caption AND coalesce(t.faithful, true))) = 0"
    ),
    "written texts or questions without prompt, writer or evidence": (
        "SELECT sample_id FROM manifest WHERE "
        f"len(list_filter(texts, lambda t: {_UNTRACED.format('t')})) > 0 "
        f"OR len(list_filter(questions, lambda t: {_UNTRACED.format('t')})) > 0"
    ),
    "evidence that is not in its row": (
        "SELECT sample_id FROM (SELECT sample_id, texts, regions, questions, images, unnest("
        "list_concat(list_transform(list_filter(texts, lambda t: t.faithful IS NOT NULL), "
        "lambda t: t.evidence), list_transform(list_filter(questions, "
        "lambda q: q.faithful IS NOT NULL), lambda q: q.evidence))) AS evidence FROM manifest) "
        f"WHERE len(list_filter(string_split(evidence, '; '), lambda r: {_LEADS_NOWHERE})) > 0"
    ),
    "rows whose modality is no kind of picture": (
        f"SELECT sample_id FROM manifest WHERE coalesce(modality, '') NOT IN ({_LEAVES})"
    ),
    "rows with a modality_score outside 0 to 1": (
        "SELECT sample_id FROM manifest WHERE modality_score IS NOT NULL "
        "AND NOT modality_score BETWEEN 0 AND 1"
    ),
}
_SHOWN = 5


def verify(corpus: Corpus) -> Iterator[str]:
    """One line for each thing that does not hold; none if all is well."""
    missing = [
        part
        for part in (
            *(layout.manifest_part(p) for p in range(corpus.partitions)),
            *(layout.shard_tar(name) for name in corpus.shards),
        )
        if not corpus.store.exists(part)
    ]
    if missing:
        yield from (f"missing file: {part}" for part in missing)
        return
    connection = manifest_connection(corpus.store, corpus.partitions)
    for what, sql in _QUESTIONS.items():
        found = [str(row[0]) for row in connection.execute(sql).fetchall()]
        if found:
            yield f"{len(found):,} {what}: {', '.join(found[:_SHOWN])}"
    yield from verify_selection(corpus, connection)
    yield from _documents(corpus, connection)
    yield from _counts(corpus)
    extra = set(corpus.store.names(layout.SHARDS)) - {f"{s}.tar" for s in corpus.shards}
    yield from (f"a shard that corpus.json does not name: {name}" for name in sorted(extra))
    for name in corpus.shards:
        yield from _shard(corpus, connection, name)


def _documents(corpus: Corpus, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Every listed document has a row, where the working files are still there."""
    store = corpus.store
    for partition in range(corpus.partitions):
        if not store.exists(layout.documents_part(partition)):
            continue
        listed = store.read_table(layout.documents_part(partition), ["document_id"])  # noqa: F841
        lost = connection.execute(
            "SELECT document_id FROM listed WHERE document_id NOT IN (SELECT document_id FROM manifest)"
        ).fetchall()
        yield from (f"listed document without a row: {document}" for (document,) in lost)


def _counts(corpus: Corpus) -> Iterator[str]:
    found = summarise(corpus.store, corpus.partitions, corpus.shards).counts()
    stated = corpus.state.get("counts", {})
    for name in sorted(set(found) | set(stated)):
        if found.get(name) != stated.get(name):
            yield f"corpus.json says {name} = {stated.get(name)}, the manifest has {found.get(name)}"


def _shard(corpus: Corpus, connection: duckdb.DuckDBPyConnection, name: str) -> Iterator[str]:
    """The members of one tar against the rows that the manifest puts in it."""
    rows = connection.sql(
        "SELECT * EXCLUDE (partition) FROM manifest WHERE shard = ? ORDER BY sample_id",
        params=[name],
    ).to_arrow_table()
    try:
        expected = dict(_expected_members(rows))
    except msgspec.ValidationError as error:
        yield f"{name}: its rows in the manifest are not all samples: {error}"
        return
    seen: set[str] = set()
    try:
        with (
            corpus.store.opened(layout.shard_tar(name)) as file,
            tarfile.open(fileobj=file, mode="r:") as tar,
        ):
            for member in tar:
                content = tar.extractfile(member)
                data = content.read() if content else b""
                if member.name in seen:
                    yield f"{name}: {member.name} comes twice"
                elif member.name not in expected:
                    yield f"{name}: {member.name} is not in the manifest"
                elif problem := _differs(expected[member.name], data, member.offset_data):
                    yield f"{name}: {member.name} {problem}"
                seen.add(member.name)
    except (tarfile.TarError, OSError, EOFError) as error:
        yield f"{name}: not a readable tar: {error}"
    yield from (f"{name}: {missing} is missing" for missing in sorted(set(expected) - seen))


Member = tuple[str, object, int]


def _expected_members(rows: pa.Table) -> Iterator[tuple[str, Member]]:
    """Member name to (kind, what it must be, offset or -1) for every row of a shard."""
    for sample in samples_from_table(rows):
        key = shard_key(sample.sample_id)
        for i, image in enumerate(sample.images):
            name = (
                f"{key}.{image.format}" if len(sample.images) == 1 else f"{key}.{i}.{image.format}"
            )
            yield name, ("image", (image.sha256, image.length), image.offset)
        yield f"{key}.json", ("record", sample, -1)
        yield f"{key}.txt", ("caption", sample.caption, -1)


def _differs(expected: Member, data: bytes, offset: int) -> str:
    kind, want, place = expected
    if place >= 0 and place != offset:
        return f"lies at {offset}, the manifest says {place}"
    if kind == "image":
        found = (hashlib.sha256(data).hexdigest(), len(data))
        return "" if found == want else "has other bytes than the manifest says"
    if kind == "caption":
        return "" if data == str(want).encode("utf-8") else "is not the manifest's caption"
    try:
        same = msgspec.json.decode(data, type=Sample) == want
    except msgspec.MsgspecError as error:
        return f"is no record: {error}"
    return "" if same else "is not the manifest's row"
