"""`fabrica search`: the samples of a corpus that are nearest to words, a picture or a sample."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError

if TYPE_CHECKING:
    from PIL import Image as PillowImage

    from pipelines.corpus import Corpus
    from pipelines.search_rows import Hit, Rows

_WAYS = ("embedding", "hash", "words")
_MOST = 1_000
_LONGEST_QUERY = 10_000
_LARGEST_PICTURE = 256 * 2**20


def add_search(parser: argparse.ArgumentParser) -> None:
    """The options of `fabrica search`."""
    parser.description = (
        "The samples nearest to words, to a picture, or to a sample of the corpus. Pictures are "
        "found by their signatures (also cropped or turned) and, where the corpus has embeddings "
        "and their model is at hand, by these; words by embeddings, else by captions, labels and "
        "concepts."
    )
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument(
        "query", metavar="QUERY", help="words, the path of a picture, or the id of a sample"
    )
    parser.add_argument("--top", type=int, default=10, help="how many (default: 10)")
    parser.add_argument(
        "--where", default="", metavar="SQL", help="among which rows (default: kept)"
    )
    parser.add_argument("--by", choices=_WAYS, help="in this way only")
    parser.add_argument(
        "--model", default="", help="where the CLIP model of the embeddings lies, as in a recipe"
    )
    parser.add_argument("--page", default="", metavar="FILE.html", help="write a gallery, too")
    parser.add_argument("--json", action="store_true", help="answer for programs")
    parser.set_defaults(command=_search)


@dataclass(frozen=True)
class Query:
    """What is searched for: a picture, a sample of the corpus (with its partition), or words."""

    text: str
    picture: PillowImage.Image | None = None
    partition: int | None = None

    @property
    def kind(self) -> str:
        return "picture" if self.picture else "words" if self.partition is None else "sample"


def _search(options: argparse.Namespace) -> int:
    from pipelines.corpus import open_corpus, views
    from pipelines.part_views import check_where
    from pipelines.search_rows import KEPT, Rows

    _check(options)
    corpus = open_corpus(options.corpus)
    if options.where:
        check_where(options.where, views(corpus))
    rows = Rows(corpus, options.where or KEPT)
    query = _query(corpus, options.query)
    hits, notes = _found(rows, query, options)
    shown = shown_rows(corpus, hits)
    if options.page:
        from pipelines.report.search import write_search_page

        write_search_page(options.page, corpus, query, shown, notes)
    if options.json:
        _print_json(query, shown, notes)
        return 0
    for note in notes:
        print(note, file=sys.stderr)
    for line in _lines(shown, max(60, shutil.get_terminal_size((120, 40)).columns)):
        print(line)
    if options.page:
        print(f"page: {Path(options.page).absolute()}")
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raise `UserError` for options that cannot be."""
    if not 1 <= options.top <= _MOST:
        raise UserError(f"--top: {options.top}: from 1 to {_MOST}")
    if not options.query.strip():
        raise UserError("the query is empty: write words, a picture's path or a sample's id")
    if len(options.query) > _LONGEST_QUERY:
        raise UserError(
            f"the query has {len(options.query):,} characters; at most {_LONGEST_QUERY:,}"
        )
    page = Path(options.page) if options.page else None
    if page and (page.is_dir() or not page.absolute().parent.is_dir()):
        raise UserError(f"--page: {options.page!r} is no name for a file")


def _query(corpus: Corpus, text: str) -> Query:
    """A picture where there is such a file, a sample where there is such an id, else words.

    Raises `UserError` for a file that is no picture.
    """
    from extractors.images import BadImage
    from pipelines.fingerprint_pictures import decoded

    if "\0" not in text and len(text) < 4096 and _is_file(text):
        path = Path(text)
        if path.stat().st_size > _LARGEST_PICTURE:
            raise UserError(f"{text}: {path.stat().st_size:,} bytes are too many for a picture")
        try:
            return Query(text, picture=decoded(path.read_bytes()))
        except BadImage as error:
            raise UserError(f"{text}: {error}") from None
    partition = partition_of(corpus, text)
    if partition is None and text.lower().endswith((".jpg", ".jpeg", ".png", ".tif", ".tiff")):
        raise UserError(f"{text}: no such picture")
    return Query(text, partition=partition)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # a name too long, say
        return False


def partition_of(corpus: Corpus, sample_id: str) -> int | None:
    """The newest partition that has a row of this id, or None."""
    from pipelines.summary import manifest_connection

    connection = manifest_connection(corpus.store, corpus.partitions)
    (found,) = connection.execute(
        "SELECT arg_max(partition, (kept, partition)) FROM manifest WHERE sample_id = ?",
        [sample_id],
    ).fetchall()
    return found[0]


def _found(rows: Rows, query: Query, options: argparse.Namespace) -> tuple[list[Hit], list[str]]:
    """The hits, and what the user should know of how they came about.

    Without `--by`: by hash and then by embedding for pictures and samples; by embedding, else by
    words, for words.
    """
    from pipelines.search_embeddings import NoEmbedding, has_embeddings
    from pipelines.search_pictures import NotComparable, has_signatures

    ways = [options.by] if options.by else ["hash", "embedding", "words"]
    if not options.by and not has_embeddings(rows.corpus):
        ways.remove("embedding")
    if query.kind == "words":
        ways = [way for way in ways if way != "hash"]
    if query.kind == "picture":
        ways = [way for way in ways if way != "words"]
    if not ways:
        raise UserError(f"--by {options.by}: {_UNFIT[options.by]}")
    hits: list[Hit] = []
    notes: list[str] = []
    for way in ways:
        if way == "words" and hits and not options.by:
            break
        try:
            found = _WAY[way](rows, query, options)
        except (NoEmbedding, NotComparable) as error:
            why = str(error) or "the picture is flat: there is nothing to find it by"
            if options.by:
                raise UserError(f"--by {way}: {why}") from None
            notes.append(f"not by {way}: {why}")
            continue
        known = {hit.sample_id for hit in hits}
        hits += [hit for hit in found if hit.sample_id not in known]
        if query.kind == "words" and way == "embedding":
            break
        if way == "hash" and not has_signatures(rows):
            notes.append(
                "by hashes of 64 bits, without crops: the corpus has no signatures (a recipe "
                "with `score` or `near_duplicates` makes them)"
            )
        if way == "hash" and not found:
            notes.append("no picture is nearly the same")
    return hits[: options.top], notes


_UNFIT = {
    "hash": "words have no hash; give the path of a picture or the id of a sample",
    "words": "a picture has no words; give words or the id of a sample",
}


def _by_hash(rows: Rows, query: Query, options: argparse.Namespace) -> list[Hit]:
    from pipelines.search_pictures import nearest_pictures, pictures_like

    if query.picture is not None:
        return nearest_pictures(rows, query.picture, options.top)
    assert query.partition is not None
    return pictures_like(rows, query.text, query.partition, options.top)


def _by_embedding(rows: Rows, query: Query, options: argparse.Namespace) -> list[Hit]:
    from pipelines.search_embeddings import embed, embedding_of, nearest_embeddings

    if query.partition is not None:
        vector = embedding_of(rows.corpus, query.text, query.partition)
        return nearest_embeddings(rows, vector, options.top, without=query.text)
    asked = query.text if query.picture is None else query.picture
    return nearest_embeddings(rows, embed(rows.corpus, options.model, asked), options.top)


def _by_words(rows: Rows, query: Query, options: argparse.Namespace) -> list[Hit]:
    from pipelines.search_words import nearest_words

    if query.partition is None:
        return nearest_words(rows.corpus, rows.where, query.text, options.top)
    own = rows_of(rows.corpus, {query.partition: [query.text]})
    words = " ".join(str(own[query.text]["caption"]).split()[:64])
    found = nearest_words(rows.corpus, rows.where, words, options.top + 1) if words else []
    return [hit for hit in found if hit.sample_id != query.text]


_WAY: dict[str, Callable[[Rows, Query, argparse.Namespace], list[Hit]]] = {
    "embedding": _by_embedding,
    "hash": _by_hash,
    "words": _by_words,
}


@dataclass(frozen=True)
class Shown:
    """A hit with what is shown of its row: caption, pictures, licence, source."""

    hit: Hit
    row: dict


def shown_rows(corpus: Corpus, hits: Sequence[Hit]) -> list[Shown]:
    """The hits with their rows, in their order."""
    wanted: dict[int, list[str]] = {}
    for hit in hits:
        wanted.setdefault(hit.partition, []).append(hit.sample_id)
    rows = rows_of(corpus, wanted)
    return [Shown(hit, rows[hit.sample_id]) for hit in hits]


def rows_of(corpus: Corpus, wanted: dict[int, list[str]]) -> dict[str, dict]:
    """Rows by their ids, given by partition."""
    from pipelines import layout

    columns = ["sample_id", "caption", "images", "texts", "meta", "source", "split", "kept"]
    found: dict[str, dict] = {}
    for partition, ids in wanted.items():
        import pyarrow as pa
        import pyarrow.compute as pc

        table = corpus.store.read_table(layout.manifest_part(partition), columns)
        table = table.filter(pc.is_in(table["sample_id"], pa.array(ids, pa.string())))
        found |= {row["sample_id"]: row for row in table.to_pylist()}
    return found


def _print_json(query: Query, shown: Sequence[Shown], notes: Sequence[str]) -> None:
    hits = [
        {
            "rank": rank,
            "score": one.hit.score,
            "by": one.hit.by,
            "why": one.hit.why,
            "sample_id": one.hit.sample_id,
            "caption": one.row["caption"],
            "kept": one.row["kept"],
        }
        for rank, one in enumerate(shown, 1)
    ]
    answer = {"query": query.text, "kind": query.kind, "hits": hits, "notes": list(notes)}
    print(json.dumps(answer, ensure_ascii=False))


def _lines(shown: Sequence[Shown], width: int) -> Iterator[str]:
    """A line with rank, score, id and reason for each hit, and one with the start of its caption."""
    if not shown:
        yield "nothing found"
    for rank, one in enumerate(shown, 1):
        yield _printable(f"{rank:>4}  {one.hit.score:6.3f}  {one.hit.sample_id}  {one.hit.why}")
        caption = _printable(" ".join(one.row["caption"].split()))
        room = width - 14
        if caption:
            yield f"{'':14}{caption if len(caption) <= room else f'{caption[: room - 1]}…'}"


def _printable(line: str) -> str:
    """Without control characters, which would change the terminal."""
    return "".join(c if c.isprintable() else "·" for c in line)
