"""export: the texts and questions of a corpus as JSON lines for trainers.

chat: conversations, LLaVA's or OpenAI's form. dpo: prompt, chosen, rejected, weight. reward: problem
and solution that a program can compare. One partition's rows at a time; the same corpus gives the
same bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import duckdb
import msgspec

from filters.rules import samples_query
from filters.select.selection import quoted
from pipelines import layout
from pipelines.corpus import Corpus, views
from pipelines.errors import UserError
from pipelines.export_pictures import Pictures, references
from pipelines.export_records import STYLES, Record, chat, dpo, reward
from pipelines.export_turns import RATIONALES
from pipelines.part_views import check_where, score_names
from pipelines.storage import Store
from schemas.options import suggestion
from schemas.sample import Sample

FORMS = ("chat", "dpo", "reward")
_BATCH = 200
_DECODER = msgspec.json.Decoder(Sample)


@dataclass(frozen=True)
class ExportOptions:
    """How an export looks. `style` and `rationale` are for chat; `pictures` a folder to put pictures
    in (references into the shards where empty); `noised` adds to dpo pictures whose regions are
    under noise.
    """

    form: str
    where: str = ""
    split: str = ""
    style: str = "llava"
    rationale: str = "none"
    pictures: str = ""
    noised: bool = False


@dataclass
class Exported:
    """How much was written: records, the rows they are of, pictures, records by part or kind."""

    records: int = 0
    rows: int = 0
    rows_without: int = 0
    pictures: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, object]:
        """The numbers for programs."""
        return {
            "records": self.records,
            "rows": self.rows,
            "rows_without": self.rows_without,
            "pictures": self.pictures,
            "kinds": dict(sorted(self.kinds.items())),
        }

    @property
    def words(self) -> str:
        """`412 records of 96 rows (caption 96, question 316); 3 rows had nothing; 96 pictures`."""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.kinds.items()))
        words = f"{self.records:,} records of {self.rows:,} rows" + (f" ({kinds})" if kinds else "")
        words += f"; {self.rows_without:,} rows had nothing for it" if self.rows_without else ""
        return words + (f"; {self.pictures:,} pictures" if self.pictures else "")


def export(corpus: Corpus, out: str, options: ExportOptions) -> Exported:
    """Write the JSON lines to `out`, whole or not at all. Raises `UserError`."""
    _check(corpus, out, options)
    connection = views(corpus)
    condition = f"kept AND ({options.where}\n)" if options.where.strip() else "kept"
    if options.where.strip():
        check_where(options.where, connection)
    if options.split:
        condition += f" AND split = {quoted(options.split)}"
    scores = score_names(connection, "manifest")
    done = Exported()
    folder, _, name = out.rpartition("/")
    store = Store(folder or ("/" if out.startswith("/") else "."))
    with ExitStack() as stack:
        pictures = None
        if options.pictures:
            pictures = stack.enter_context(Pictures(corpus.store, options.pictures))
        path = stack.enter_context(store.staged(name))
        with open(path, "wb") as file:
            for sample in _rows(corpus, connection, condition, scores):
                for record in _records(sample, options, pictures, done):
                    file.write(msgspec.json.encode(record) + b"\n")
        done.pictures = pictures.written if pictures else 0
    return done


def _check(corpus: Corpus, out: str, options: ExportOptions) -> None:
    """Raise `UserError` for the first choice that cannot be met."""
    choices = (("form", FORMS), ("style", STYLES), ("rationale", RATIONALES))
    for name, allowed in choices:
        value = getattr(options, name)
        if value not in allowed:
            raise UserError(f"--{name}: {value!r}{suggestion(value, allowed)}")
    splits = [split for split in corpus.state.get("counts", {}).get("by_split", {}) if split]
    if options.split and options.split not in splits:
        raise UserError(f"--split: {options.split!r}{suggestion(options.split, splits)}")
    if options.noised and (options.form != "dpo" or not options.pictures):
        raise UserError("--noised-pictures: only with --form dpo and --pictures DIR")
    if not out.rpartition("/")[2] or ("://" not in out and os.path.isdir(out)):
        raise UserError(f"--out: {out!r} is a folder; name a file, as in {out.rstrip('/')}/x.jsonl")
    if options.pictures and "://" not in options.pictures and os.path.isfile(options.pictures):
        raise UserError(f"--pictures: {options.pictures!r} is a file; name a folder")


def _rows(
    corpus: Corpus, connection: duckdb.DuckDBPyConnection, condition: str, scores: list[str]
) -> Iterator[Sample]:
    """The rows that are wanted, partition by partition, in the order in which their pictures lie."""
    wanted = f"SELECT sample_id FROM ({samples_query('part', scores)}) samples WHERE {condition}"
    for partition in range(corpus.partitions):
        try:
            part = corpus.store.read_table(layout.manifest_part(partition))
        except FileNotFoundError:
            raise UserError(
                f"{corpus.store.url}: {layout.manifest_part(partition)} is missing"
            ) from None
        connection.register("part", part)
        try:
            cursor = connection.execute(
                f"SELECT to_json(p)::VARCHAR FROM part p WHERE sample_id IN ({wanted}) "
                "ORDER BY shard, images[1].offset, sample_id"
            )
            while batch := cursor.fetchmany(_BATCH):
                yield from (_DECODER.decode(record) for (record,) in batch)
        except duckdb.Error as error:
            raise UserError(f"--where: {' '.join(str(error).split())[:300]}") from None
        except msgspec.MsgspecError as error:
            raise UserError(f"{layout.manifest_part(partition)}: no manifest: {error}") from None
        finally:
            connection.unregister("part")


def _records(
    sample: Sample, options: ExportOptions, pictures: Pictures | None, done: Exported
) -> list[Record]:
    """A row's records; its pictures are taken out where any record shows them."""
    names = pictures.names(sample) if pictures else references(sample)
    if options.form == "chat":
        records = list(chat(sample, names, options.style, options.rationale))
    elif options.form == "dpo":
        records = list(dpo(sample, names))
    else:
        records = list(reward(sample, names))
    if not records:
        done.rows_without += 1
        return []
    if pictures:
        pictures.take(sample)
        if options.noised and sample.regions:
            noised = pictures.take_noised(sample)
            records = list(dpo(sample, names, noised if noised != names else None))
    done.rows += 1
    done.records += len(records)
    done.kinds.update(_kind(record) for record in records)
    return records


def _kind(record: Record) -> str:
    """What a record is counted as: its kind, or the part of the row that it was made of."""
    part = str(record["id"]).rpartition("#")[2].partition(":")[0]
    return str(record.get("kind") or part)
