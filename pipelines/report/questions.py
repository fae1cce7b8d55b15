"""The report on questions: the families with their balance and blind baseline, and one of each."""

from __future__ import annotations

import duckdb

from pipelines.questions import HEAD, NOTES, Family, cells, family_table
from pipelines.report import markup
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import thumbnail
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection

_EXAMPLES_SHOWN = 24
_PICTURE_PX = 200
_NUMBERS_FROM = 2  # columns of the table after task and kind
_WORDS_AT = 6  # of these the one that is words: the places

# A fixed question of each family, in the memory of one a family; one with a picture if there is.
_EXAMPLES = """
    SELECT q.task AS task, q.kind AS kind,
        arg_min(struct_pack(sample_id, q), (NOT pictured, md5(sample_id || q.question))) AS one
    FROM (SELECT sample_id, len(images) > 0 AS pictured, unnest(list_filter(
            questions, lambda x: coalesce(x.faithful, true))) AS q
          FROM manifest WHERE kept)
    GROUP BY ALL ORDER BY task, kind LIMIT ?"""
_PICTURES = "SELECT sample_id, images, meta FROM manifest WHERE list_contains(?, sample_id)"


def questions_section(store: Store, summary: Summary) -> list[str]:
    """A table of families and an example of each; nothing where no kept row has a question."""
    connection = manifest_connection(store, summary.partitions)
    families = family_table(connection, "manifest")
    if not families:
        return []
    total = sum(family.questions for family in families)
    return [
        "<h2>Questions</h2>",
        f'<p class="note">{text(total)} questions in {text(len(families))} families.</p>',
        _table(families),
        *(f'<p class="note">{text(note)}</p>' for note in NOTES),
        "<h3>One of each family</h3>",
        f'<div class="linked">{_examples(store, connection)}</div>',
    ]


def _table(families: list[Family]) -> str:
    head = "".join(
        f"<th{'' if i < _NUMBERS_FROM or i == _WORDS_AT else ' class=n'}>{text(name)}</th>"
        for i, name in enumerate(HEAD)
    )
    rows = "".join(f"<tr>{_row(family)}</tr>" for family in families)
    return (
        '<div class="scroll"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(family: Family) -> str:
    parts = []
    for i, cell in enumerate(cells(family)):
        css = "" if i < _NUMBERS_FROM or i == _WORDS_AT else ' class="n"'
        inside = (
            text(cell).replace(" ", "&nbsp;") if cell != "·" else '<span class="nothing">·</span>'
        )
        parts.append(f"<td{css}>{inside}</td>")
    return "".join(parts)


def _examples(store: Store, connection: duckdb.DuckDBPyConnection) -> str:
    found = connection.execute(_EXAMPLES, [_EXAMPLES_SHOWN]).fetchall()
    ids = [one["sample_id"] for _, _, one in found]
    rows = safe_rows(connection.sql(_PICTURES, params=[ids]))
    pictures = {row["sample_id"]: row["images"] for row in rows}
    return "".join(_example(store, one, pictures[one["sample_id"]]) for _, _, one in found)


def _example(store: Store, one: dict, images: list[dict]) -> str:
    """A question with its options, the right ones in bold, and what the answer rests on."""
    q = one["q"]
    right = q["answer"].split("; ") if q["kind"] == "multiple" else [q["answer"]]
    items = "".join(
        f"<li>{'<b>' if option in right else ''}{text(option)}{'</b>' if option in right else ''}</li>"
        for option in q["options"]
    )
    answer = f"<ol>{items}</ol>" if items else f"<p><b>{text(q['answer'])}</b></p>"
    family = " · ".join(part for part in (q["task"] or "(no task)", q["kind"]) if part)
    why = f'<span class="id">{text(q["evidence"][:200])}</span>' if q["evidence"] else ""
    return (
        f'<figure><div class="pic">{thumbnail(store, images, _PICTURE_PX)}</div><figcaption>'
        f'<span class="id" title="{text(one["sample_id"])}">{text(family)}</span>'
        f"{markup.long_text(q['question'])}{answer}{why}</figcaption></figure>"
    )
