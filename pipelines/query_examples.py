"""Questions to ask of a corpus, shown by `fabrica query --help`; every one is run by a test."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A question in words, and its SQL over the views of a corpus."""

    words: str
    sql: str


EXAMPLES = (
    Example(
        "the commonest concepts, and in how many samples",
        "SELECT cui, name, count(DISTINCT sample_id) AS samples FROM concepts "
        "GROUP BY ALL ORDER BY samples DESC, cui LIMIT 20",
    ),
    Example(
        "samples that name a concept or any narrower one (C0024115: lung disease)",
        "SELECT DISTINCT sample_id, name FROM concepts "
        "WHERE cui IN (FROM narrower('C0024115')) AND NOT negated",
    ),
    Example(
        "concepts by kind of picture",
        "PIVOT (SELECT DISTINCT name, modality, sample_id FROM concepts JOIN samples "
        "USING (sample_id) WHERE kept) ON modality USING count(*) GROUP BY name ORDER BY name",
    ),
    Example(
        "findings that are denied, with the words that name them",
        'SELECT sample_id, c.name, texts[c.text + 1].text[c.start + 1 : c."end"] AS words, '
        "texts[c.text + 1].text AS text FROM "
        "(SELECT sample_id, texts, unnest(concepts) AS c FROM samples) WHERE c.negated",
    ),
    Example(
        "the kinds of picture it is least sure of",
        "SELECT sample_id, modality, modality_score, caption FROM samples "
        "WHERE kept AND modality != '' ORDER BY modality_score LIMIT 20",
    ),
    Example(
        "kinds of picture by group of the tree",
        'SELECT m."group", modality, count(*) AS n FROM samples JOIN modalities m '
        "ON m.name = modality WHERE kept GROUP BY ALL ORDER BY n DESC",
    ),
    Example(
        "where the regions of each label lie",
        "SELECT label, place, count(*) AS regions, round(100 * avg(share), 1) AS percent_of_picture "
        "FROM regions GROUP BY ALL ORDER BY regions DESC, label, place",
    ),
    Example(
        "questions without one triple of kind, body part and task, which is held out for testing",
        "SELECT sample_id, q.* EXCLUDE (sample_id) FROM questions q JOIN samples USING (sample_id) "
        "WHERE kept AND NOT (modality = 'ct' AND body_part = 'chest' AND task = 'presence')",
    ),
    Example(
        "findings by how they are labelled",
        "PIVOT (SELECT name, value FROM labels JOIN samples USING (sample_id) WHERE kept) "
        "ON value USING count(*) GROUP BY name ORDER BY name",
    ),
    Example(
        "texts by kind and writer; of those that a model wrote, how many were proved faithful",
        "SELECT kind, writer, count(*) AS n, count(*) FILTER (faithful) AS faithful, "
        "count(*) FILTER (NOT faithful) AS rejected FROM texts GROUP BY ALL ORDER BY n DESC, kind",
    ),
    Example(
        "the pairs of pictures that are most and least alike of those found to be near duplicates",
        "SELECT sample_id, winner, distance, how FROM near_pairs WHERE how != 'text' "
        "ORDER BY distance, sample_id",
    ),
    Example(
        "rows by tenth of a score, to choose a threshold",
        "SELECT tenth, count(*) AS rows, count(*) FILTER (kept) AS kept, min(image_flat), "
        "max(image_flat) FROM (SELECT kept, image_flat, ntile(10) OVER (ORDER BY image_flat) AS tenth "
        "FROM samples WHERE image_flat IS NOT NULL) GROUP BY tenth ORDER BY tenth",
    ),
    Example(
        "what each rule and step drops, and what nothing else would have dropped",
        "SELECT d.stage, d.reason, count(*) AS rows, count(*) FILTER (len(drops) = 1) AS alone "
        "FROM (SELECT drops, unnest(drops) AS d FROM samples) GROUP BY ALL ORDER BY rows DESC, d.reason",
    ),
    Example(
        "the share of each kind of picture in training, as rows and as drawn by sampling_weight",
        "SELECT modality, count(*) / sum(count(*)) OVER () AS of_rows, "
        "sum(sampling_weight) / sum(sum(sampling_weight)) OVER () AS drawn "
        "FROM samples WHERE kept AND split = 'train' GROUP BY modality ORDER BY drawn DESC, modality",
    ),
    Example(
        "rows that were kept out for an evaluation set, and the item they match",
        "SELECT set, sample_id, item, kind, distance, how FROM leaks WHERE direct "
        "ORDER BY set, kind, distance, sample_id",
    ),
    Example(
        "kept rows with a mark of privacy, to look at before anything is handed on",
        "SELECT sample_id, meta['identifying'] AS words, meta['faces'] AS faces, "
        "meta['burnt_in'] AS text_on_it FROM samples WHERE kept AND (map_contains(meta, 'identifying') "
        "OR map_contains(meta, 'faces') OR map_contains(meta, 'burnt_in')) ORDER BY sample_id",
    ),
    Example(
        "the broader concepts of those in use, and how many samples they gather",
        "SELECT p.name, count(DISTINCT c.sample_id) AS samples FROM concepts c "
        "JOIN vocabulary v USING (cui), unnest(v.parents) AS up(cui) "
        "JOIN vocabulary p ON p.cui = up.cui GROUP BY ALL ORDER BY samples DESC, p.name",
    ),
)


def epilog() -> str:
    """The examples as the end of a help text."""
    parts = (
        f"  {example.words}:\n{textwrap.indent(textwrap.fill(example.sql, 84, break_on_hyphens=False), '    ')}"
        for example in EXAMPLES
    )
    return "examples of SQL:\n\n" + "\n\n".join(parts)
