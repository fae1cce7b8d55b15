"""The report on what models wrote: verdicts, and each text beside the evidence it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from pipelines.report import markup
from pipelines.report.hidden import safe_row, safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import thumbnail
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection
from schemas.evidence import references

_SHOWN = 16
_PICTURE_PX = 240
_TRACED = 2_000
_MOST_REFS = 12

_COLUMNS = "sample_id, images, caption, texts, regions, labels, concepts, questions, meta"
_ADDED = " by "  # in the prompt of a question that a model added a reason to
_WRITTEN = f"""len(list_filter(texts, lambda t: t.faithful IS NOT NULL)) + len(list_filter(questions,
        lambda q: q.faithful IS NOT NULL OR contains(q.prompt, '{_ADDED}'))) > 0"""
_REJECTED = """len(list_filter(texts, lambda t: t.faithful = false))
        + len(list_filter(questions, lambda q: q.faithful = false)) > 0"""
# Half of the rows shown have something rejected, where there are that many.
_SOME = f"""
    SELECT sample_id FROM manifest WHERE kept AND {_WRITTEN} AND ({_REJECTED}) = ?
    ORDER BY md5(sample_id) LIMIT ?"""
_THESE = f"SELECT {_COLUMNS} FROM manifest WHERE list_contains(?, sample_id)"
_ALL = f"SELECT {_COLUMNS} FROM manifest WHERE kept AND {_WRITTEN} ORDER BY sample_id LIMIT ?"
_COUNT = f"SELECT count(*) FROM manifest WHERE kept AND {_WRITTEN}"


def written_section(store: Store, summary: Summary) -> list[str]:
    """Tables and rows with their evidence; nothing where no kept row has a written text."""
    written = summary.written
    if not written.tasks:
        return []
    connection = manifest_connection(store, summary.partitions)
    head = ("task", "model", "written", "found faithful", "flagged", "rejected")
    reasons = markup.table(("task", "found", "rejected", "flagged"), written.reasons)
    return [
        "<h2>Written by models</h2>",
        markup.table(head, written.tasks),
        *([f"<h3>What was found in them</h3>{reasons}"] if written.reasons else []),
        "<h3>Rows, with what each text rests on</h3>",
        '<p class="note">Left the evidence that the model was shown, right what it wrote. A rejected '
        'text is never a training caption. All rows: <a href="written.html">written.html</a>.</p>',
        *(_row(store, row, True) for row in _examples(connection)),
    ]


def _examples(connection: duckdb.DuckDBPyConnection) -> list[dict]:
    """A fixed sample of written rows, those with nothing rejected first."""
    ids = [
        sample_id
        for rejected in (False, True)
        for (sample_id,) in connection.execute(_SOME, [rejected, _SHOWN // 2]).fetchall()
    ]
    rows = safe_rows(connection.sql(_THESE, params=[ids]))
    return sorted(rows, key=lambda row: ids.index(row["sample_id"]))


def traced_rows(store: Store, summary: Summary) -> Iterator[str]:
    """Every row with a written text (the first 2,000), without pictures."""
    connection = manifest_connection(store, summary.partitions)
    (total,) = connection.execute(_COUNT).fetchall()[0]
    reader = connection.sql(_ALL, params=[_TRACED]).to_arrow_reader(200)
    for batch in reader:
        for row in batch.to_pylist():
            yield _row(store, safe_row(row), False)
    if total > _TRACED:
        yield (
            f'<p>and {text(total - _TRACED)} more rows: <code>fabrica query CORPUS "SELECT '
            "sample_id, text, evidence, faithful, reasons FROM texts WHERE writer &lt;&gt; ''\"</code></p>"
        )


def _row(store: Store, row: dict, pictured: bool) -> str:
    made = [
        m
        for m in (*row["texts"], *row["questions"])
        if m["faithful"] is not None or _ADDED in m["prompt"]
    ]
    refs = list(dict.fromkeys(ref for m in made for ref in references(m["evidence"])))
    picture = (
        f'<div class="pic">{thumbnail(store, row["images"], _PICTURE_PX)}</div>' if pictured else ""
    )
    return (
        f'<div class="split proved"><figure>{picture}<figcaption>'
        f'<span class="id">{text(row["sample_id"])}</span>{_evidence(row, refs)}'
        f'</figcaption></figure><div class="written">{"".join(_made(m, row) for m in made)}</div></div>'
    )


def _evidence(row: dict, refs: Sequence[str]) -> str:
    items = [
        f'<li><span class="id">{text(ref)}</span>{markup.long_text(found)}</li>'
        for ref in refs
        if (found := looked_up(row, ref))
    ]
    first, rest = items[:_MOST_REFS], items[_MOST_REFS:]
    more = (
        f"<details><summary>{len(rest)} more</summary><ul>{''.join(rest)}</ul></details>"
        if rest
        else ""
    )
    return f"<ul>{''.join(first)}</ul>{more}"


def looked_up(row: dict, reference: str) -> str:
    """What a reference leads to in a row, in words; empty where it leads nowhere."""
    kind, _, which = reference.partition(":")
    places = {"text": "texts", "region": "regions", "question": "questions", "image": "images"}
    if kind in places:
        found = row[places[kind]]
        if not which.isdigit() or int(which) >= len(found):
            return ""
        return _in_words(kind, found[int(which)])
    if kind == "label":
        values = [own["value"] for own in row["labels"] if own["name"] == which]
        return f"{which}: {values[0]}" if values else ""
    if kind == "concept":
        names = [own["name"] for own in row["concepts"] if own["cui"] == which]
        return names[0] if names else ""
    return which


def _in_words(kind: str, found: dict) -> str:
    if kind == "text":
        return f"({found['kind']}) {found['text']}"
    if kind == "question":
        return f"{found['question']} {found['answer']}"
    if kind == "region":
        box = ", ".join(f"{v:g}" for v in found["box"])
        side = "" if found["frame"] == "image" and found["place"] else found["side"]
        return " ".join(p for p in (found["label"], f"[{box}]", side, found["place"]) if p)
    return f"the picture, {found['width']} x {found['height']} pixels"


def _made(made: dict, row: dict) -> str:
    """A text or question with its verdict; a question's right options are in bold."""
    verdict = (
        "rejected" if made["faithful"] is False else "flagged" if made["reasons"] else "faithful"
    )
    found = "; ".join(made["reasons"])
    head = (
        f'<span class="verdict {verdict}">{verdict}</span> '
        f'<span class="id">{text(made["prompt"])} · {text(made["evidence"] or "no evidence")}</span>'
    )
    words = _question(made) if "question" in made else _text(made, row)
    why = f'<p class="note">{text(found)}</p>' if found else ""
    return f'<div class="made">{head}{words}{why}</div>'


def _text(made: dict, row: dict) -> str:
    words = markup.long_text(made["text"])
    return f"<p>{f'<b>{words}</b>' if made['text'] == row['caption'] else words}</p>"


def _question(made: dict) -> str:
    right = made["answer"].split("; ") if made["kind"] == "multiple" else [made["answer"]]
    items = "".join(
        f"<li>{f'<b>{text(o)}</b>' if o in right else text(o)}</li>" for o in made["options"]
    )
    answer = f"<ol>{items}</ol>" if items else f"<p><b>{text(made['answer'])}</b></p>"
    rejected = f"<p>not: {text(made['rejected'])}</p>" if made["rejected"] else ""
    reason = f"<p>{markup.long_text(made['rationale'])}</p>" if made["rationale"] else ""
    return f"<p>{text(made['question'])}</p>{answer}{rejected}{reason}"
