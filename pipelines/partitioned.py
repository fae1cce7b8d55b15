"""A sorted stream of rows, cut into one table per partition."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc


def tables_by_partition(
    reader: pa.RecordBatchReader, schema: pa.Schema, partitions: int
) -> Iterator[tuple[int, pa.Table]]:
    """`(number, table)` for 0 to partitions-1, empty ones too, each as soon as it is whole.

    `reader` gives rows in order of their column `partition`, which the tables do not have.
    Memory is one batch and one partition.
    """
    current, waiting = 0, [schema.empty_table()]
    for batch in reader:
        rows = pa.Table.from_batches([batch])
        for number in pc.unique(rows["partition"]).to_pylist():
            while current < number:
                yield current, pa.concat_tables(waiting).combine_chunks()
                current, waiting = current + 1, [schema.empty_table()]
            mine = rows.filter(pc.equal(rows["partition"], number))
            waiting.append(mine.drop_columns("partition").cast(schema))
    while current < partitions:
        yield current, pa.concat_tables(waiting).combine_chunks()
        current, waiting = current + 1, [schema.empty_table()]
