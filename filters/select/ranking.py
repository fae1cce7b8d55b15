"""Which of two rows is the better one: words of its own, more text, a larger picture, a freer licence."""

from __future__ import annotations

import duckdb
import numpy as np

from filters.select.marking import as_table

# A panel whose caption is that of its whole figure stands behind one with words of its own.
BEST_FIRST = (
    "borrowed, caption_length DESC, text_count DESC, area DESC, freedom, sample_id, partition"
)


def ranked(connection: duckdb.DuckDBPyConnection, rows: np.ndarray) -> np.ndarray:
    """The rows (numbers in `judged`), best first."""
    connection.register("chosen", as_table({"row": rows}))
    ordered = connection.sql(
        f"SELECT j.rowid AS row FROM judged j JOIN chosen ON chosen.row = j.rowid ORDER BY {BEST_FIRST}"
    ).to_arrow_table()
    connection.unregister("chosen")
    return np.asarray(ordered["row"].to_numpy())


# The same in one number as far as that holds it, the best the least: for millions at once.
ROUGHLY = """(borrowed::BIGINT << 61)
    | ((2097151 - least(caption_length, 2097151))::BIGINT << 40)
    | ((255 - least(text_count, 255))::BIGINT << 32)
    | ((268435455 - least(area, 268435455))::BIGINT << 4) | freedom"""
