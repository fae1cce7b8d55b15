"""A connection with the tables that select reads, made of a few samples and signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from filters.alike.sketches import text_signature
from filters.select.selection import Policy, decide
from schemas.licence import licence_of
from schemas.manifest import stage_rows_to_table
from schemas.sample import Figure, Image, Sample, Text
from schemas.signatures import FINGERPRINTS, PICTURE_SIGNATURES, TEXT_SIGNATURES

Hash = tuple[int, int, int, int]
PARTITIONS = 3


def picture(number: int, changed: int = 0) -> Hash:
    """A signature unlike that of any other number, with so many high bits changed."""
    words = [(number * 0x9E3779B97F4A7C15 * (i + 1) ** 5 + i) % 2**64 | 1 for i in range(4)]
    words[3] ^= (1 << changed) - 1 << 1
    return words[0], words[1], words[2], words[3]


@dataclass
class Rows:
    """Samples, and signatures by sample id."""

    samples: list[Sample] = field(default_factory=list)
    pictures: list[tuple[str, Hash, list[int]]] = field(default_factory=list)
    vectors: dict[str, Sequence[float]] = field(default_factory=dict)
    evaluation: list[dict] = field(default_factory=list)

    def add(self, name: str, shown: Hash | None = None, **more) -> None:
        """A row with a picture of that signature; of a name with two `/` a panel."""
        document = name.partition("/")[0]
        sizes = more.pop("width", 300), more.pop("height", 300)
        sha = more.pop("sha", name)
        images = [Image("t.tar", 0, 1000, *sizes, "jpg", sha, 0)]
        box = [0, 0, 9, 9] if name.count("/") > 1 else []
        fields = {
            "document_id": document,
            "group_id": document,
            "source": "pmc",
            "images": images,
            "width": sizes[0],
            "height": sizes[1],
            "figure": Figure("F1", box=box),
            "licence": licence_of(more.pop("code", "CC BY")),
            "texts": [Text("caption", more.pop("caption", f"A picture of {name}."))],
            **more,
        }
        self.samples.append(Sample(sample_id=name, **fields))
        if shown:
            self.pictures.append((name, shown, more.get("crops", [])))

    def ask(self, name: str, shown: Hash | None = None, text: str = "", crops: Sequence[Hash] = ()):
        """An item of the evaluation set `set`."""
        row: dict = {"kind": "picture" if shown else "text", "item": name}
        if shown:
            row |= {f"h{i}": word for i, word in enumerate(shown)}
            row["crops"] = [word for crop in crops for word in crop]
        else:
            row |= signature_of(text)
        self.evaluation.append(row)

    def partition(self, name: str) -> int:
        return next(i for i, s in enumerate(self.samples) if s.sample_id == name) % PARTITIONS

    def connection(self) -> duckdb.DuckDBPyConnection:
        """All tables."""
        connection = duckdb.connect()
        numbers = [i % PARTITIONS for i in range(len(self.samples))]
        table = stage_rows_to_table(self.samples)
        connection.register(
            "extracted", table.append_column("partition", pa.array(numbers, "int32"))
        )
        connection.execute(
            "CREATE TABLE marks (document_id VARCHAR, partition INTEGER, reason VARCHAR, "
            "detail VARCHAR)"
        )
        pictures = [
            {
                "sample_id": name,
                "image": 0,
                **{f"h{i}": w for i, w in enumerate(shown)},
                "crops": crops,
            }
            for name, shown, crops in self.pictures
        ]
        texts = [
            {"sample_id": s.sample_id, **signature_of(s.texts[0].text)}
            for s in self.samples
            if s.texts
        ]
        self._register(connection, "picture_signatures", pictures, PICTURE_SIGNATURES)
        self._register(connection, "text_signatures", texts, TEXT_SIGNATURES)
        vectors = pa.schema([("sample_id", "string"), ("picture", pa.list_(pa.float32()))])
        rows = [{"sample_id": n, "picture": list(v)} for n, v in self.vectors.items()]
        self._register(connection, "embeddings", rows, vectors)
        asked = pa.Table.from_pylist(self.evaluation, schema=FINGERPRINTS)
        names = pa.array(["set"] * asked.num_rows, pa.string())
        connection.register("evaluation", asked.append_column("set", names))
        return connection

    def _register(self, connection, name: str, rows: list[dict], schema: pa.Schema) -> None:
        table = pa.Table.from_pylist(rows, schema=schema)
        numbers = [self.partition(row["sample_id"]) for row in rows]
        connection.register(name, table.append_column("partition", pa.array(numbers, pa.int32())))

    def decided(
        self, rules: Mapping[str, str] | None = None, threads: int = 2, **policy
    ) -> dict[str, dict]:
        """What is decided on each row, by its id."""
        self.used = self.connection()
        self.used.execute(f"SET threads = {threads}")
        decide(self.used, rules or {}, ["caption", "label_caption"], Policy(**policy))
        rows = self.used.sql("SELECT * FROM decided").to_arrow_table().to_pylist()
        assert len(rows) == len(self.samples)
        assert all(row["kept"] == (not row["drops"]) for row in rows)
        return {row["sample_id"]: row for row in rows}

    def table(self, name: str) -> list[dict]:
        """A table that the last decision left."""
        return self.used.sql(f"SELECT * FROM {name} ORDER BY ALL").to_arrow_table().to_pylist()


def signature_of(text: str) -> dict:
    """The columns of a text's signature."""
    found = text_signature(text)
    return {
        "words": found.words,
        "exact": found.exact,
        "bands": found.bands,
        "shingles": found.shingles,
    }


def reasons(rows: Mapping[str, dict]) -> dict[str, list[str]]:
    """Only the reasons of each row."""
    return {name: [d["reason"] for d in row["drops"]] for name, row in rows.items()}
