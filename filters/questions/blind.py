"""The blind baseline: what the text of a question alone tells of its answer, in SQL.

Cross-fitted over `FOLDS` parts of the groups (patients, documents), so that nothing is tried on
what it was fitted on. Closed and open questions: the commonest answer to the same words, else
naive Bayes over the words (closed) or the commonest answer of the task (open). Single choice: the
option most often right where it is offered, times the place most often right; ties go to the
longest. Multiple choice: all options that are right in more than half of the cases, else the best.
"""

from __future__ import annotations

import duckdb

FOLDS = 5
_LEAST_SEEN = 3  # the same words so often elsewhere, or naive Bayes answers

_SETUP = (
    # One row per question; its fold follows its group, so that no patient is in two.
    f"""CREATE OR REPLACE TEMP TABLE asked AS
    SELECT row_number() OVER () AS id, (md5_number_lower(group_id) % {FOLDS})::INT AS fold,
        sample_id, q.task AS task, q.kind AS kind, q.options AS options, q.answer AS answer,
        q.pair AS pair, q.writer AS writer,
        trim(regexp_replace(lower(q.question), '[^\\pL\\pN]+', ' ', 'g')) AS words,
        CASE WHEN q.kind = 'multiple' THEN string_split(q.answer, '; ') ELSE [q.answer] END AS rights,
        greatest(len(q.options), CASE WHEN q.kind = 'closed' THEN 2 ELSE 1 END) AS n
    FROM (SELECT sample_id, group_id, unnest(list_filter(questions,
          lambda x: coalesce(x.faithful, true) AND x.rejected = '')) AS q FROM {{relation}} WHERE kept)""",
    """CREATE OR REPLACE TEMP TABLE offers AS
    SELECT id, fold, task, kind, n, option, place, list_contains(rights, option)::INT AS is_right
    FROM (SELECT id, fold, task, kind, n, rights, unnest(options) AS option,
          unnest(range(1, len(options) + 1)) AS place FROM asked WHERE kind IN ('single', 'multiple'))""",
    # How often an option is right where it is offered, and how often a place is.
    """CREATE OR REPLACE TEMP TABLE scored AS
    WITH by_fold AS (SELECT task, kind, option, fold, sum(is_right) AS r, count(*) AS m
            FROM offers GROUP BY ALL),
        by_option AS (SELECT task, kind, option, sum(r) AS r, sum(m) AS m FROM by_fold GROUP BY ALL),
        place_fold AS (SELECT task, kind, n, place, fold, sum(is_right) AS r, count(*) AS m
            FROM offers GROUP BY ALL),
        by_place AS (SELECT task, kind, n, place, sum(r) AS r, sum(m) AS m FROM place_fold
            GROUP BY ALL)
    SELECT o.*, (a.r - f.r + 1.0 / o.n) / (a.m - f.m + 1) AS rate,
        (b.r - p.r + 1.0 / o.n) / (b.m - p.m + 1) AS place_rate
    FROM offers o
    JOIN by_option a USING (task, kind, option) JOIN by_fold f USING (task, kind, option, fold)
    JOIN by_place b USING (task, kind, n, place) JOIN place_fold p USING (task, kind, n, place, fold)""",
    # Answers to the same words in the other folds.
    f"""CREATE OR REPLACE TEMP TABLE same_words AS
    WITH by_fold AS (SELECT task, kind, words, answer, fold, count(*) AS m FROM asked
            WHERE kind IN ('closed', 'open') GROUP BY ALL),
        known AS (SELECT task, kind, words, answer, sum(m) AS m FROM by_fold GROUP BY ALL),
        elsewhere AS (SELECT k.task, k.kind, k.words, k.answer, t.fold,
                k.m - coalesce(f.m, 0) AS m
            FROM known k CROSS JOIN range({FOLDS}) t(fold)
            LEFT JOIN by_fold f ON f.task = k.task AND f.kind = k.kind AND f.words = k.words
                AND f.answer = k.answer AND f.fold = t.fold)
    SELECT task, kind, words, fold, arg_max(answer, (m, answer)) AS guess, sum(m) AS seen
    FROM elsewhere WHERE m > 0 GROUP BY ALL""",
    f"""CREATE OR REPLACE TEMP TABLE commonest AS
    WITH by_fold AS (SELECT task, kind, answer, fold, count(*) AS m FROM asked GROUP BY ALL),
        known AS (SELECT task, kind, answer, sum(m) AS m FROM by_fold GROUP BY ALL)
    SELECT k.task, k.kind, k.answer, t.fold, k.m - coalesce(f.m, 0) AS m
    FROM known k CROSS JOIN range({FOLDS}) t(fold)
    LEFT JOIN by_fold f ON f.task = k.task AND f.kind = k.kind AND f.answer = k.answer
        AND f.fold = t.fold""",
    # Naive Bayes over the words of closed questions.
    f"""CREATE OR REPLACE TEMP TABLE by_words AS
    WITH texts AS (SELECT DISTINCT task, words FROM asked WHERE kind = 'closed'),
        tokens AS (SELECT task, words, unnest(list_distinct(string_split(words, ' '))) AS token
            FROM texts),
        by_fold AS (SELECT a.task, token, answer, fold, count(*) AS m
            FROM asked a JOIN tokens USING (task, words) WHERE kind = 'closed' GROUP BY ALL),
        known AS (SELECT task, token, answer, sum(m) AS m FROM by_fold GROUP BY ALL),
        elsewhere AS (SELECT k.task, k.token, k.answer, t.fold, k.m - coalesce(f.m, 0) AS m
            FROM known k CROSS JOIN range({FOLDS}) t(fold)
            LEFT JOIN by_fold f ON f.task = k.task AND f.token = k.token
                AND f.answer = k.answer AND f.fold = t.fold),
        total AS (SELECT task, answer, fold, m FROM commonest WHERE kind = 'closed' AND m > 0),
        summed AS (SELECT t.task, t.words, c.answer, c.fold, ln(any_value(c.m))
                + sum(ln((coalesce(e.m, 0) + 1) / (c.m + 2))) AS score
            FROM tokens t JOIN total c USING (task)
            LEFT JOIN elsewhere e ON e.task = t.task AND e.token = t.token
                AND e.answer = c.answer AND e.fold = c.fold
            GROUP BY t.task, t.words, c.answer, c.fold)
    SELECT task, words, fold, arg_max(answer, (round(score, 9), answer)) AS guess
    FROM summed GROUP BY ALL""",
    f"""CREATE OR REPLACE TEMP TABLE guesses AS
    WITH most AS (SELECT task, kind, fold, arg_max(answer, (m, answer)) AS guess FROM commonest
            GROUP BY ALL),
        one AS (SELECT id, arg_max(option, (round(ln(rate) + ln(place_rate), 9), length(option),
                option)) AS guess FROM scored WHERE kind = 'single' GROUP BY id),
        several AS (SELECT id, list_sort(coalesce(list(option) FILTER (rate > 0.5),
                [arg_max(option, (rate, option))])) AS guess
            FROM scored WHERE kind = 'multiple' GROUP BY id)
    SELECT a.*, CASE
        WHEN kind = 'single' THEN one.guess = answer
        WHEN kind = 'multiple' THEN several.guess = list_sort(rights)
        WHEN w.seen >= {_LEAST_SEEN} THEN w.guess = answer
        WHEN kind = 'closed' AND b.guess IS NOT NULL THEN b.guess = answer
        ELSE coalesce(w.guess, m.guess, '') = answer END AS guessed
    FROM asked a LEFT JOIN one USING (id) LEFT JOIN several USING (id)
    LEFT JOIN same_words w USING (task, kind, words, fold)
    LEFT JOIN by_words b USING (task, words, fold)
    LEFT JOIN most m USING (task, kind, fold)""",
)


def guess_blindly(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Make the temporary tables `asked`, `offers` and `guesses` of the kept rows of `relation`.

    `guesses` has one row per question with `guessed`: whether the baseline answers it right.
    `offers` has one per option of a choice, with its place from 1 and whether it is right.
    """
    for statement in _SETUP:
        connection.execute(statement.replace("{relation}", relation))
