"""One article, its XML and picture files at hand, to the samples of its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec
from PIL import Image as PillowImage

from extractors.images import BadImage, Picture, load_picture
from extractors.options import ArticleOptions
from extractors.pmc.fetch import FetchError
from extractors.pmc.jats.article import Article, read_article
from extractors.pmc.jats.figures import FigureRecord, read_figures
from extractors.pmc.jats.hrefs import FileIndex, is_raster
from extractors.pmc.jats.parse import parse_articles
from extractors.pmc.jats.references import add_references
from schemas.identifiers import clean_id
from schemas.licence import licence_of
from schemas.sample import Document, Drop, Figure, Licence, Sample, Text, document_row

Signature = Callable[[PillowImage.Image], int]
Extracted = tuple[Sample, list[Picture]]

_RETRACTIONS = ("retraction-forward", "retracted-by")
_THUMBNAIL = ".gif"


@dataclass(frozen=True)
class ArticleFiles:
    """The files of one article: XML bytes, picture names, and how to read one by name.

    `read` raises `FetchError` or `OSError`.
    """

    xml: bytes
    names: Iterable[str]
    read: Callable[[str], bytes]


def article_samples(
    document: Document, files: ArticleFiles, options: ArticleOptions, signature: Signature
) -> Iterator[Extracted]:
    """A sample with its pictures for each figure; one marked row where there is none."""
    roots, repair = parse_articles(files.xml)
    if document.entry >= len(roots):
        yield document_row(document, "extract", "article_missing", f"no entry {document.entry}"), []
        return
    root = roots[document.entry]
    article = read_article(root)
    meta = _article_meta(document, article, repair)
    licence = _licence(document, article, meta)
    if refused := _refused(article, licence, options):
        yield _without_figure(document, licence, meta, *refused), []
        return
    figures = read_figures(root)
    if not figures:
        yield _without_figure(document, licence, meta, "no_figures", ""), []
        return
    add_references(root, figures)
    shared = _shared_texts(article)
    index = FileIndex(files.names)
    for figure in figures:
        pictures, drops, change = _pictures(figure, index, files, options, signature)
        yield _sample(document, figure, licence, {**meta, **change}, shared, drops), pictures


def _refused(article: Article, licence: Licence, options: ArticleOptions) -> tuple[str, str] | None:
    """Why the user did not choose this article, known only now that its XML is read."""
    if options.licences is not None and licence.code not in options.licences:
        return "licence_not_chosen", licence.code or "no licence found"
    if options.article_types is not None and article.article_type not in options.article_types:
        return "article_type_not_chosen", article.article_type
    if options.dates is not None and not options.dates.contain(article.date):
        return "date_not_chosen", article.date or "no date found"
    return None


def _without_figure(
    document: Document, licence: Licence, meta: dict[str, str], reason: str, detail: str
) -> Sample:
    row = document_row(document, "extract", reason, detail)
    return msgspec.structs.replace(row, licence=licence, meta=meta)


def _article_meta(document: Document, article: Article, repair: str) -> dict[str, str]:
    found = {
        "article_title": article.title,
        "article_type": article.article_type,
        "date": article.date,
        "doi": article.doi,
        "journal": article.journal,
        "keywords": "; ".join(article.keywords),
        "language": article.language,
        "mesh": "; ".join(article.mesh),
        "pmcid": article.pmcid,
        "pmid": article.pmid,
        "relations": "; ".join(article.relations),
        "xml_repaired": repair[:300],
        "year": article.year,
    }
    return {**{k: v for k, v in found.items() if v}, **document.meta}


def _licence(document: Document, article: Article, meta: dict[str, str]) -> Licence:
    """The source's licence code wins over the XML's; a disagreement is recorded in `meta`."""
    code = document.licence or article.licence
    version = article.licence_version if code == article.licence else ""
    if document.licence and article.licence and document.licence != article.licence:
        meta["licence_disagreement"] = f"source {document.licence}, article {article.licence}"
    if article.licence_text:
        meta["licence_text"] = article.licence_text
    retracted = (
        meta.get("retracted") == "true"
        or article.article_type == "retracted-article"
        or article.title.upper().startswith(("RETRACTED:", "[RETRACTED"))
        or any(relation.startswith(_RETRACTIONS) for relation in article.relations)
    )
    return licence_of(code, version, article.attribution, retracted)


def _shared_texts(article: Article) -> list[Text]:
    texts = []
    if article.title:
        texts.append(Text("title", article.title, article.language))
    if article.abstract:
        texts.append(Text("abstract", article.abstract, article.language))
    return texts


def _sample(
    document: Document,
    figure: FigureRecord,
    licence: Licence,
    meta: dict[str, str],
    shared: list[Text],
    drops: list[Drop],
) -> Sample:
    texts = [Text("caption", text, language) for language, text in figure.captions]
    texts += [Text(*mention) for mention in figure.references]
    own = {
        "figure_title": figure.title,
        "section": figure.section,
        "href": "; ".join(href for group in figure.graphics for href in group),
        "merged_href": "; ".join(figure.merged_graphics),
    }
    drops = [*document.drops, *drops]
    return Sample(
        sample_id=f"{document.document_id}/{figure.id}",
        document_id=document.document_id,
        group_id=document.group_id,
        source=document.source,
        figure=Figure(id=figure.id, label=figure.label, merged=figure.merged),
        licence=licence,
        caption=figure.captions[0][1] if figure.captions else "",
        texts=[*texts, *shared],
        meta={**meta, **{k: v for k, v in own.items() if v}},
        drops=drops,
        kept=not drops,
    )


def _pictures(
    figure: FigureRecord,
    index: FileIndex,
    files: ArticleFiles,
    options: ArticleOptions,
    signature: Signature,
) -> tuple[list[Picture], list[Drop], dict[str, str]]:
    """The figure's pictures, why some are missing, and notes on how they were changed."""
    if figure.problem:
        reason, _, detail = figure.problem.partition(": ")
        return [], [Drop("extract", reason, detail)], {}
    if not any(figure.graphics):
        return [], [Drop("extract", "no_graphic", "the figure names no picture file")], {}
    pictures, drops, changes, names = [], [], [], []
    for hrefs in figure.graphics:
        try:
            name, picture = _best_picture(hrefs, index, files, options, signature)
        except (BadImage, FetchError) as error:
            drops.append(Drop("extract", error.reason, f"{'; '.join(hrefs)}: {error}"[:500]))
            continue
        pictures.append(picture)
        names.append(name)
        if picture.change:
            changes.append(picture.change)
    notes = {"image_file": "; ".join(names), "image_change": " | ".join(changes)}
    return pictures, drops, {k: v for k, v in notes.items() if v}


def _best_picture(
    hrefs: list[str],
    index: FileIndex,
    files: ArticleFiles,
    options: ArticleOptions,
    signature: Signature,
) -> tuple[str, Picture]:
    """The largest readable picture among alternatives; thumbnails only where nothing else is."""
    candidates = list(dict.fromkeys(n for href in hrefs for n in index.candidates(href)))
    if not candidates:
        known = [h for h in hrefs if h and not is_raster(h) and _ending(h) in _NOT_PICTURES]
        if known:
            raise BadImage("image_unreadable", "no picture format we read")
        raise FetchError("image_missing", "no such file beside the article")
    full = [name for name in candidates if not name.lower().endswith(_THUMBNAIL)]
    best: tuple[str, Picture] | None = None
    problem: BadImage | FetchError | None = None
    for name in [*full, *(n for n in candidates if n not in full)]:
        if best is not None and (len(hrefs) == 1 or name not in full):
            break
        try:
            picture = load_picture(_read(files, name), signature, options.max_side)
        except (BadImage, FetchError) as error:
            problem = problem or error
            continue
        if best is None or picture.width * picture.height > best[1].width * best[1].height:
            best = (name, picture)
    if best is None:
        raise problem or FetchError("image_missing", "no file could be read")
    return best


_NOT_PICTURES = ("svg", "eps", "pdf", "mp4", "avi", "mov", "ppt", "pptx", "doc", "docx", "zip")


def _ending(href: str) -> str:
    return href.lower().rsplit(".", 1)[-1]


def _read(files: ArticleFiles, name: str) -> bytes:
    try:
        return files.read(name)
    except FetchError as error:
        reason = "image_missing" if error.reason == "file_missing" else error.reason
        raise FetchError(reason, str(error)) from None
    except (OSError, ValueError, KeyError) as error:
        raise FetchError("image_missing", f"{name}: {error}") from None


def safe_id(text: str) -> str:
    """A document id from a path: each part cleaned, slashes kept."""
    return "/".join(clean_id(part) for part in text.split("/") if part not in ("", ".", ".."))
