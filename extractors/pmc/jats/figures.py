"""The figures of an article: where each `<fig>` stands, what it says, which files it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from extractors.pmc.jats.article import XLINK_HREF, XML_LANG, language_of
from extractors.pmc.jats.hrefs import base_name, stem
from extractors.pmc.jats.parse import Element
from extractors.pmc.jats.text import clean_text
from schemas.identifiers import clean_id

_NOT_FIGURES = re.compile(
    r"(?P<table>table|tabela|tabla|tableau|quadro|cuadro)|(?P<equation>equation|equação|ecuación)\b",
    re.IGNORECASE,
)
_LANGUAGE_MARK = re.compile(r"[-_.](?:en|es|pt|fr|de|it|zh|ru)\Z")
_NUMBERED = re.compile(r"\s*(?P<prefix>[^\d\n]*?)\s*(?P<number>\d{1,3})\s*[.:)]?\s*\Z")


@dataclass
class FigureRecord:
    """One figure of one article.

    `graphics` holds one list per picture: the hrefs that are alternatives of each other.
    `captions` is `(language, text)`, the first its own; `problem` is why it is no figure.
    """

    id: str
    element: Element
    label: str
    title: str
    captions: list[tuple[str, str]]
    graphics: list[list[str]]
    section: str
    language: str
    translation: bool
    problem: str = ""
    merged: list[str] = field(default_factory=list)
    merged_graphics: list[str] = field(default_factory=list)
    references: list[tuple[str, str, str, str]] = field(default_factory=list)
    reference_ids: set[str] = field(default_factory=set)

    @property
    def number(self) -> tuple[str, int] | None:
        """`("figure", 3)` of "Figure 3.", None where the label is not that simple."""
        return label_number(self.label)


def label_number(label: str) -> tuple[str, int] | None:
    """The series and number of a label: `("fig", 3)` of "Fig. 3", `("fig s", 2)` of "Figure S2"."""
    match = _NUMBERED.match(label)
    if not match:
        return None
    prefix = re.sub(r"[^\w]+", " ", match["prefix"].lower()).strip()
    prefix = re.sub(r"^(?:figures?|figuras?|figs?|abb(?:ildung)?)\b", "fig", prefix)
    return prefix or "fig", int(match["number"])


def read_figures(root: Element) -> list[FigureRecord]:
    """Every `<fig>` of the article, in document order; language versions merged into one."""
    used: set[str] = set()
    figures = [
        _record(fig, position, used) for position, fig in enumerate(root.iter("fig"), start=1)
    ]
    for figure in figures:
        _inherit_group(figure)
    return list(_merged(figures))


def _record(fig: Element, position: int, used: set[str]) -> FigureRecord:
    language, translation, problem, section = _surroundings(fig)
    caption = fig.find("caption")
    label = clean_text(fig.find("label")).replace("\n", " ")
    if not problem:
        problem = _label_problem(label, fig.get("fig-type", ""))
    title = clean_text(caption.find("title")) if caption is not None else ""
    text = clean_text(caption)
    return FigureRecord(
        id=_unique(clean_id(fig.get("id") or f"fig-{position}"), used),
        element=fig,
        label=label,
        title=title,
        captions=[(language, text)] if text else [],
        graphics=_graphics(fig),
        section=section,
        language=language,
        translation=translation,
        problem=problem,
        reference_ids={fig.get("id") or ""} - {""},
    )


def _unique(name: str, used: set[str]) -> str:
    candidate, n = name, 2
    while candidate in used:
        candidate, n = f"{name}~{n}", n + 1
    used.add(candidate)
    return candidate


def _surroundings(fig: Element) -> tuple[str, bool, str, str]:
    """Language, whether in a translation, why it is no figure, and the titles of its sections."""
    language, translation, problem = fig.get(XML_LANG), False, ""
    sections: list[str] = []
    for ancestor in fig.iterancestors():
        language = language or ancestor.get(XML_LANG)
        tag = ancestor.tag
        if tag == "sub-article" and ancestor.get("article-type") == "translation":
            translation = True
        elif tag == "sec":
            if title := clean_text(ancestor.find("title")):
                sections.append(title)
        elif tag == "abstract" and ancestor.get("abstract-type") == "scanned-figures":
            problem = "page_scan"
    return language_of(language), translation, problem, " > ".join(reversed(sections))


def _label_problem(label: str, fig_type: str) -> str:
    match = _NOT_FIGURES.match(label) or _NOT_FIGURES.match(fig_type)
    if not match:
        return ""
    return "not_a_figure: table" if match["table"] else "not_a_figure: equation"


def _graphics(fig: Element) -> list[list[str]]:
    """One list of alternative hrefs for each picture directly in the figure."""
    pictures = []
    for child in fig.iter("graphic", "alternatives"):
        if next(child.iterancestors("fig"), None) is not fig or _inside(child, fig):
            continue
        hrefs = [
            _href(g) for g in (child.iter("graphic") if child.tag == "alternatives" else [child])
        ]
        pictures.append([href for href in hrefs if href])
    return pictures


def _inside(child: Element, fig: Element) -> bool:
    """Whether a graphic belongs to something within the figure: an alternative, formula, file."""
    parent = child.getparent()
    while parent is not None and parent is not fig:
        if parent.tag in (
            "alternatives",
            "caption",
            "supplementary-material",
            "disp-formula",
            "media",
        ):
            return True
        parent = parent.getparent()
    return False


def _href(graphic: Element) -> str:
    return (graphic.get(XLINK_HREF) or graphic.get("href") or "").strip()


def _inherit_group(figure: FigureRecord) -> None:
    """The caption, label and id of a `<fig-group>` pass to the figures in it."""
    group = figure.element.getparent()
    if group is None or group.tag != "fig-group":
        return
    if group.get("id"):
        figure.reference_ids.add(group.get("id", ""))
    caption = group.find("caption")
    if caption is not None and (text := clean_text(caption)):
        own = figure.captions[0][1] if figure.captions else ""
        figure.captions = [(figure.language, f"{text}\n{own}" if own else text)]
        figure.title = figure.title or clean_text(caption.find("title"))
    if not figure.label:
        figure.label = clean_text(group.find("label")).replace("\n", " ")


def _merged(figures: list[FigureRecord]) -> Iterator[FigureRecord]:
    """Figures with their other language versions folded in."""
    originals = [f for f in figures if not f.translation]
    taken: dict[int, FigureRecord] = {}
    for figure in figures:
        other = _original_of(figure, originals) or _group_sibling(figure, originals)
        if other is not None and id(other) not in taken:
            taken[id(figure)] = other
    for figure in figures:
        if id(figure) in taken:
            _fold(figure, taken[id(figure)])
    yield from (f for f in figures if id(f) not in taken)


def _original_of(figure: FigureRecord, originals: list[FigureRecord]) -> FigureRecord | None:
    """The figure that a translation repeats: same file, or same number in the same series."""
    if not figure.translation:
        return None
    files = _language_free(figure)
    for original in originals:
        if files & _language_free(original):
            return original
    number = figure.number
    if number is None:
        return None
    return next((o for o in originals if o.number == number and not o.problem), None)


def _language_free(figure: FigureRecord) -> set[str]:
    """The files a figure names, without a language mark: `gf01-en.jpg` is `gf01`."""
    hrefs = (href for group in figure.graphics for href in group if href)
    return {_LANGUAGE_MARK.sub("", stem(base_name(href))) for href in hrefs}


def _group_sibling(figure: FigureRecord, originals: list[FigureRecord]) -> FigureRecord | None:
    """The first figure of a `<fig-group>` in which each `<fig>` is one language."""
    group = figure.element.getparent()
    if group is None or group.tag != "fig-group" or not figure.element.get(XML_LANG):
        return None
    first = next((o for o in originals if o.element.getparent() is group), None)
    if first is None or first is figure or first.language == figure.language:
        return None
    return first


def _fold(version: FigureRecord, into: FigureRecord) -> None:
    """Add a language version's texts to the figure; its picture where that has none."""
    into.captions += version.captions
    into.merged.append(version.id)
    into.reference_ids |= version.reference_ids
    if not into.graphics:
        into.graphics = version.graphics
    else:
        into.merged_graphics += [href for group in version.graphics for href in group]
