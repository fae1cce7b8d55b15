"""The page of `fabrica search`: what was asked for, and a gallery of what is nearest to it."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.report import markup
from pipelines.report.document import document
from pipelines.report.hidden import safe_row
from pipelines.report.markup import text
from pipelines.report.pictures import THUMBNAIL_PX, thumbnail
from pipelines.storage import Store

if TYPE_CHECKING:
    from pipelines.corpus import Corpus
    from pipelines.search import Query, Shown


def write_search_page(
    path: str, corpus: Corpus, query: Query, shown: Sequence[Shown], notes: Sequence[str]
) -> None:
    """Put the page in place at once; pictures are inside it."""
    asked = query.text if query.picture is None else os.path.basename(query.text)
    title = f"{corpus.name}: nearest to {_short(asked)}"
    cards = "".join(_card(corpus.store, rank, one) for rank, one in enumerate(shown, 1))
    body = [
        f"<h1>{text(title)}</h1>",
        _asked(query),
        *(f'<p class="note">{text(note)}</p>' for note in notes),
        f'<div class="gallery">{cards}</div>' if cards else "<p>Nothing was found.</p>",
    ]
    folder, name = os.path.split(os.path.abspath(path))
    Store(folder).write(name, document(title, "".join(body)))


def _short(words: str) -> str:
    return words if len(words) <= 80 else f"{words[:79]}…"


def _asked(query: Query) -> str:
    """The words as they are, or the picture, small."""
    if query.picture is None:
        return f'<p class="lead">{text(query.kind)}: {markup.long_text(query.text)}</p>'
    small = query.picture.convert("RGB")
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=72)
    data = base64.b64encode(out.getvalue()).decode("ascii")
    return (
        '<div class="gallery"><figure><div class="pic">'
        f'<img alt="" src="data:image/jpeg;base64,{data}"></div>'
        f'<figcaption><span class="id">asked for: {text(query.text)}</span></figcaption>'
        "</figure></div><h2>Nearest</h2>"
    )


def _card(store: Store, rank: int, one: Shown) -> str:
    hit, row = one.hit, safe_row(one.row)
    dropped = "" if row["kept"] else " · dropped"
    return (
        f'<figure><div class="pic">{thumbnail(store, row["images"])}</div><figcaption>'
        f'<span class="id">{rank} · {hit.score:.3f} · {text(hit.sample_id)}{dropped}</span>'
        f'<span class="why">{text(hit.why)}</span>{markup.long_text(row["caption"])}'
        "</figcaption></figure>"
    )
