"""DuckDB over the Parquet parts of a corpus: connections, views, and conditions over them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref

import duckdb

from filters.rules import RuleError, check_condition
from pipelines.errors import UserError
from pipelines.storage import Store


def connect(store: Store, temporary: str = "") -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that may spill to `temporary` and can read the corpus' files.

    With somewhere to spill to it takes a third of the memory that it may: numpy needs some too.
    """
    connection = duckdb.connect()
    if temporary:
        connection.execute(f"SET temp_directory = '{os.path.join(temporary, 'spill')}'")
        connection.execute(f"SET memory_limit = '{_third_of_memory(connection)}'")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET enable_progress_bar = false")  # a spawned worker counts as a terminal
    return connection


def _third_of_memory(connection: duckdb.DuckDBPyConnection) -> str:
    """A third of what DuckDB takes by itself, which is most of the machine or container."""
    ((limit,),) = connection.sql("SELECT current_setting('memory_limit')").fetchall()
    number, _, unit = str(limit).partition(" ")
    return f"{float(number) / 3:.3f} {unit}"


def view_of_parts(
    connection: duckdb.DuckDBPyConnection, store: Store, name: str, parts: list[str]
) -> None:
    """A view over Parquet parts, with the number in each file's name as `partition`.

    Parts on object storage are copied here first: DuckDB would ask for each many times.
    """
    addresses = [store.address(part) for part in parts]
    if not store.is_local:
        folder = tempfile.mkdtemp(prefix="fabrica-parts-")
        weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
        addresses = [os.path.join(folder, part.rpartition("/")[2]) for part in parts]
        for part, address in zip(parts, addresses, strict=True):
            store.fs.get_file(store.path(part), address)
    files = ", ".join("'" + address.replace("'", "''") + "'" for address in addresses)
    connection.execute(
        f"""CREATE VIEW {name} AS
        SELECT * EXCLUDE (filename),
               regexp_extract(filename, 'part-(\\d+)[.]parquet$', 1)::INTEGER AS partition
        FROM read_parquet([{files}], filename = true)"""
    )


def score_names(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """The names of all scores that any row carries, sorted."""
    rows = connection.execute(
        f"SELECT DISTINCT unnest(map_keys(scores)) AS name FROM {relation} ORDER BY name"
    ).fetchall()
    return [name for (name,) in rows if re.fullmatch(r"\w+", name)]


def check_where(condition: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise `UserError` where a `--where` is no condition over `samples`."""
    try:
        check_condition(connection, "--where", condition)
    except RuleError as error:
        raise UserError(str(error)) from None
