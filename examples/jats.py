"""What an invented article is made of, and how it becomes JATS XML and plain text.

Two shorthands keep the texts of `articles.py` readable:

* in a sentence, ``{F1 F2|Figures 1 and 2}`` is an `<xref ref-type="fig" rid="F1 F2">`; a sentence
  given as a pair ``(text, "F3")`` cites F3 as well, in a way that no single xref says;
* in a caption, every line is a paragraph, and a line that begins with ``# `` is the title.

All the rest is JATS markup, written as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from charts import Compound
from PIL import Image

Drawn = Image.Image | Compound | bytes
Sentence = str | tuple[str, str]
Paragraph = str | list[Sentence]  # a string is a raw block, such as a displayed equation

LICENCE_URLS = {
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC BY-ND": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC BY-NC": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC BY-NC-ND": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
}
PROLOG = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD '
    'v1.3 20210610//EN" "JATS-archivearticle1-3.dtd">\n'
)
SMALL = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
HIGH = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


@dataclass(frozen=True)
class Media:
    """One file. `how` is a special encoding or a damage; see make_mini_pmc.encode()."""

    name: str
    draw: Callable[[], Drawn]
    how: str = ""
    picked: bool = True  # whether a reader of the article should choose this file


@dataclass(frozen=True)
class Group:
    id: str
    label: str
    caption: str


@dataclass(frozen=True)
class Figure:
    id: str
    label: str
    caption: str
    media: tuple[Media, ...]
    hrefs: tuple[str, ...] = ()  # when they are not simply the file names
    truth: str | None = None  # the clean caption, written by hand where the markup is hard
    place: str = "after"  # "after" the first paragraph that cites it, "inside" it, or "float"
    group: Group | None = None
    alternatives: bool = False
    copy_of: str = ""  # the same figure in another language
    translation: str = ""  # its caption there

    @property
    def key(self) -> str:
        return self.id or self.media[0].name


@dataclass(frozen=True)
class Translation:
    language: str
    title: str
    abstract: str
    sections: tuple[tuple[str, list[Paragraph]], ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Article:
    number: int
    title: str
    licence: str
    abstract: str
    sections: tuple[tuple[str, list[Paragraph]], ...]
    cases: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    kind: str = "research-article"
    subject: str = "Research Article"
    journal: str = "Journal of Invented Medicine"
    authors: tuple[tuple[str, str], ...] = (("Ada", "Example"), ("Bruno", "Sample"))
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    licence_xml: str | None = None
    related: str = ""
    version: int = 1
    preferred: bool = True
    manuscript: bool = False
    retracted: bool = False
    has_doi: bool = True
    has_media: bool = True
    others: tuple[Media, ...] = ()  # files that are no figures
    not_figures: tuple[str, ...] = ()
    language: str = "en"
    translation: Translation | None = None
    prolog: str = PROLOG
    encoding: str = "utf-8"
    back: str = ""
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def pmcid(self) -> str:
        return f"PMC{990000000 + self.number}"

    @property
    def document_id(self) -> str:
        return f"{self.pmcid}.{self.version}"

    @property
    def doi(self) -> str | None:
        return f"10.5555/fabrica.2026.{self.number:04d}" if self.has_doi else None


# --- Plain text --------------------------------------------------------------------------------


def plain(markup: str) -> str:
    """Clean text of easy markup; harder captions carry their truth written by hand."""
    words = re.sub(r"\{[^|{}]*\|([^{}]*)\}", r"\1", markup)
    words = re.sub(r"<sub>([^<]*)</sub>", lambda m: html.unescape(m[1]).translate(SMALL), words)
    words = re.sub(r"<sup>([^<]*)</sup>", lambda m: html.unescape(m[1]).translate(HIGH), words)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", words)).split())


def clean_caption(figure: Figure) -> str:
    own = figure.truth
    if own is None:
        own = "\n".join(plain(line.removeprefix("# ")) for line in figure.caption.split("\n"))
    parts = [plain(figure.group.caption)] if figure.group else []
    return "\n".join([*parts, own] if own else parts)


def sentences(article: Article) -> Iterator[tuple[str, set[str]]]:
    """Every sentence of the body as plain text, with the keys of the figures it cites."""
    copies = {f.id: f.copy_of for f in article.translation.figures} if article.translation else {}
    blocks = article.sections + (article.translation.sections if article.translation else ())
    for _, paragraphs in blocks:
        for paragraph in paragraphs:
            for sentence in paragraph if isinstance(paragraph, list) else []:
                words, more = (sentence, "") if isinstance(sentence, str) else sentence
                keys = set(" ".join([*re.findall(r"\{([^|{}]*)\|", words), more]).split())
                yield plain(words), {copies.get(key, key) for key in keys}


def plain_article(article: Article) -> str:
    """The .txt beside the XML."""
    lines = [article.title, "", plain(article.abstract), ""]
    for title, paragraphs in article.sections:
        lines += [title, ""]
        for paragraph in paragraphs:
            if isinstance(paragraph, list):
                lines += [" ".join(plain(s if isinstance(s, str) else s[0]) for s in paragraph), ""]
    for figure in article.figures:
        lines += [f"{figure.label} {clean_caption(figure)}".strip(), ""]
    return "\n".join(lines)


# --- JATS --------------------------------------------------------------------------------------


def xrefs(markup: str) -> str:
    return re.sub(r"\{([^|{}]*)\|([^{}]*)\}", r'<xref ref-type="fig" rid="\1">\2</xref>', markup)


def caption_xml(caption: str) -> str:
    if not caption:
        return ""
    out = ""
    for line in caption.split("\n"):
        tag = "title" if line.startswith("# ") else "p"
        out += f"<{tag}>{xrefs(line.removeprefix('# '))}</{tag}>"
    return f"<caption>{out}</caption>"


def figure_xml(figure: Figure) -> str:
    hrefs = figure.hrefs or tuple(m.name for m in figure.media)
    graphics = "".join(f'<graphic xlink:href="{href}"/>' for href in hrefs)
    if figure.alternatives:
        graphics = f"<alternatives>{graphics}</alternatives>"
    name = f' id="{figure.id}"' if figure.id else ""
    label = f"<label>{figure.label}</label>" if figure.label else ""
    return f'<fig{name} position="float">{label}{caption_xml(figure.caption)}{graphics}</fig>'


def group_xml(group: Group, figures: tuple[Figure, ...]) -> str:
    inner = "".join(figure_xml(f) for f in figures if f.group == group)
    label = f"<label>{group.label}</label>"
    head = f'<fig-group id="{group.id}" position="float">{label}{caption_xml(group.caption)}'
    return f"{head}{inner}</fig-group>"


def body_xml(
    sections: tuple[tuple[str, list[Paragraph]], ...], figures: tuple[Figure, ...], tag: str
) -> str:
    """Sections, with every figure where its `place` says."""
    waiting = [f for f in figures if f.place != "float"]
    done: set[str] = set()
    out = ""
    for number, (title, paragraphs) in enumerate(sections, 1):
        out += f'<sec id="{tag}{number}"><title>{title}</title>\n'
        for paragraph in paragraphs:
            if isinstance(paragraph, str):
                out += paragraph + "\n"
                continue
            words = " ".join(xrefs(s if isinstance(s, str) else s[0]) for s in paragraph)
            pairs = " ".join(s[1] for s in paragraph if not isinstance(s, str))
            cited = [f for f in waiting if f'"{f.id}"' in words or f.key in pairs.split()]
            cited = cited or [f for f in waiting if f.id and re.search(rf'[" ]{f.id}[" ]', words)]
            inside = "".join(figure_xml(f) for f in cited if f.place == "inside")
            out += f"<p>{words}{inside}</p>\n" + _placed(cited, figures, done)
            waiting = [f for f in waiting if f not in cited]
        if number == len(sections):
            out += _placed(waiting, figures, done)
        out += "</sec>\n"
    return out


def _placed(cited: list[Figure], figures: tuple[Figure, ...], done: set[str]) -> str:
    out = ""
    for figure in cited:
        if figure.group and figure.group.id not in done:
            done.add(figure.group.id)
            out += group_xml(figure.group, figures) + "\n"
        elif not figure.group and figure.place == "after":
            out += figure_xml(figure) + "\n"
    return out


def licence_xml(article: Article) -> str:
    if article.licence_xml is not None:
        return article.licence_xml
    if article.licence == "TDM":
        return (
            "<license><license-p>This file is available for text mining. It may also be used "
            "consistent with the principles of fair use.</license-p></license>"
        )
    url = LICENCE_URLS[article.licence]
    return (
        f'<license license-type="open-access" xlink:href="{url}"><license-p>This is an open access '
        f'article under the terms of <ext-link ext-link-type="uri" xlink:href="{url}">{url}'
        "</ext-link>. All text and pictures are invented.</license-p></license>"
    )


def _dates(article: Article) -> str:
    day = 1 + article.number
    return (
        f'<pub-date pub-type="epub"><day>{day}</day><month>9</month><year>2026</year></pub-date>'
        f"<volume>1</volume><issue>{1 + article.number // 9}</issue>"
        f"<elocation-id>e{article.number}</elocation-id><history><date date-type="
        f'"received"><day>{day}</day><month>3</month><year>2026</year></date><date date-type='
        f'"accepted"><day>{day}</day><month>7</month><year>2026</year></date></history>'
    )


def _keywords(article: Article) -> str:
    out = ""
    for kind, words in (("author", article.keywords), ("MeSH", article.mesh)):
        if words:
            inner = "".join(f"<kwd>{word}</kwd>" for word in words)
            out += f'<kwd-group kwd-group-type="{kind}">{inner}</kwd-group>'
    return out


def front_xml(article: Article) -> str:
    people = "".join(
        f'<contrib contrib-type="author"><name><surname>{last}</surname><given-names>{first}'
        '</given-names></name><xref ref-type="aff" rid="aff1"><sup>1</sup></xref></contrib>'
        for first, last in article.authors
    )
    ids = f'<article-id pub-id-type="pmcid">{article.pmcid}</article-id>'
    ids += f'<article-id pub-id-type="pmid">{99000000 + article.number}</article-id>'
    ids += f'<article-id pub-id-type="doi">{article.doi}</article-id>' if article.doi else ""
    return (
        '<front><journal-meta><journal-id journal-id-type="nlm-ta">'
        f"{article.journal}</journal-id><journal-title-group><journal-title>{article.journal}"
        '</journal-title></journal-title-group><issn pub-type="epub">0000-0000</issn><publisher>'
        "<publisher-name>Fabrica Examples</publisher-name></publisher></journal-meta>\n"
        f'<article-meta>{ids}<article-categories><subj-group subj-group-type="heading"><subject>'
        f"{article.subject}</subject></subj-group></article-categories><title-group>"
        f"<article-title>{article.title}</article-title></title-group><contrib-group>{people}"
        '</contrib-group><aff id="aff1"><label>1</label>Example University Hospital, Nowhere</aff>'
        f"{_dates(article)}<permissions><copyright-statement>Written for Fabrica, 2026."
        "</copyright-statement><copyright-year>2026</copyright-year>"
        f"{licence_xml(article)}</permissions>{article.related}"
        f"<abstract><p>{article.abstract}</p></abstract>{_keywords(article)}</article-meta></front>\n"
    )


def translation_xml(part: Translation) -> str:
    return (
        f'<sub-article article-type="translation" id="s-{part.language}" '
        f'xml:lang="{part.language}">'
        f"<front-stub><title-group><article-title>{part.title}</article-title></title-group>"
        f"<abstract><p>{part.abstract}</p></abstract></front-stub>\n<body>"
        f"{body_xml(part.sections, part.figures, part.language)}</body></sub-article>"
    )


def article_xml(article: Article) -> bytes:
    floats = "".join(figure_xml(f) for f in article.figures if f.place == "float")
    end = f"<floats-group>{floats}</floats-group>" if floats else ""
    end += translation_xml(article.translation) if article.translation else ""
    back = (
        f"<back>{article.back}<ref-list><ref id='B1'><label>1</label><mixed-citation>Example A, "
        "Sample B. An invented reference. Journal of Invented Medicine 2025.</mixed-citation></ref>"
        "</ref-list></back>"
    )
    text = (
        article.prolog + '<article xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:mml="http://www.w3.org/1998/Math/MathML" '
        'xmlns:ali="http://www.niso.org/schemas/ali/1.0/" '
        f'article-type="{article.kind}" dtd-version="1.3" xml:lang="{article.language}">\n'
        f"{front_xml(article)}<body>{body_xml(article.sections, article.figures, 's')}</body>\n"
        f"{back}{end}</article>\n"
    )
    mark = "\ufeff" if article.encoding.startswith("utf-16") else ""
    return (mark + text).encode(article.encoding)
