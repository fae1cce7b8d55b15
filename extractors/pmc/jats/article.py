"""Article metadata out of JATS front matter: ids, titles, journal, date, licence, relations."""

from __future__ import annotations

import re

import msgspec

from extractors.pmc.jats.parse import Element
from extractors.pmc.jats.text import clean_text
from schemas.licence import licence_code

XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_ALI_LICENCE = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
_PLAIN_ABSTRACTS = (None, "summary", "executive-summary")
_DATE_PREFERENCE = ("epub", "pub", "ppub", "collection", "epub-ppub", "epreprint", "pmc-release")
_MAX_AUTHORS = 3


class Article(msgspec.Struct, frozen=True):
    """What every figure of an article shares. Empty strings where the article does not say."""

    pmcid: str = ""
    pmid: str = ""
    doi: str = ""
    title: str = ""
    abstract: str = ""
    keywords: list[str] = []
    mesh: list[str] = []
    journal: str = ""
    date: str = ""
    article_type: str = ""
    language: str = "en"
    authors: str = ""
    licence: str = ""
    licence_version: str = ""
    licence_text: str = ""
    relations: list[str] = []

    @property
    def year(self) -> str:
        return self.date[:4]

    @property
    def attribution(self) -> str:
        """Authors, title, journal and year, and where to find it."""
        where = f"https://doi.org/{self.doi}" if self.doi else self.pmcid
        journal = f"{self.journal} {self.year}".strip()
        parts = (self.authors, self.title, journal, where)
        return ". ".join(part.rstrip(". ") for part in parts if part)


def read_article(root: Element) -> Article:
    """The metadata of one `<article>` element."""
    meta = root.find("front/article-meta")
    if meta is None:
        meta = root.find(".//article-meta")
    if meta is None:
        return Article(
            article_type=root.get("article-type", ""), language=language_of(root.get(XML_LANG))
        )
    ids = {e.get("pub-id-type"): clean_text(e) for e in meta.iterfind("article-id")}
    code, version, licence_text = _licence(meta)
    keywords, mesh = _keywords(meta)
    return Article(
        pmcid=_pmcid(ids),
        pmid=ids.get("pmid", ""),
        doi=_doi(ids.get("doi", "")),
        title=clean_text(meta.find("title-group/article-title")).replace("\n", " "),
        abstract=_abstract(meta),
        keywords=keywords,
        mesh=mesh,
        journal=_journal(root),
        date=_date(meta),
        article_type=root.get("article-type", ""),
        language=language_of(root.get(XML_LANG)),
        authors=_authors(meta),
        licence=code,
        licence_version=version,
        licence_text=licence_text,
        relations=_relations(meta),
    )


def language_of(code: str | None) -> str:
    """The two-letter language of an `xml:lang`, English where none is given."""
    return (code or "en")[:2].lower()


def _pmcid(ids: dict[str | None, str]) -> str:
    for kind in ("pmcid", "pmc", "pmc-id", "pmcaid"):
        if digits := re.search(r"\d+", ids.get(kind, "")):
            return f"PMC{digits[0]}"
    return ""


def _doi(text: str) -> str:
    return re.sub(
        r"^(?:https?://(?:dx\.)?doi\.org/|doi:)\s*", "", text.strip(), flags=re.IGNORECASE
    )


def _journal(root: Element) -> str:
    for path in (
        "front/journal-meta/journal-title-group/journal-title",
        "front/journal-meta/journal-title",
        "front/journal-meta/journal-id",
    ):
        if text := clean_text(root.find(path)):
            return text
    return ""


def _abstract(meta: Element) -> str:
    """The author's abstract; highlights, editors' summaries and page scans are not it."""
    for abstract in meta.iterfind("abstract"):
        if abstract.get("abstract-type") in _PLAIN_ABSTRACTS:
            text = clean_text(abstract)
            if text:
                return text
    return ""


def _keywords(meta: Element) -> tuple[list[str], list[str]]:
    keywords: list[str] = []
    mesh: list[str] = []
    for group in meta.iterfind("kwd-group"):
        kind = (group.get("kwd-group-type") or group.get("vocab") or "").lower()
        words = [clean_text(word) for word in group.iter("kwd", "compound-kwd")]
        (mesh if "mesh" in kind else keywords).extend(word for word in words if word)
    for subject in meta.iterfind("article-categories/subj-group[@subj-group-type='MeSH']/subject"):
        mesh.append(clean_text(subject))
    return list(dict.fromkeys(keywords)), list(dict.fromkeys(mesh))


def _date(meta: Element) -> str:
    """The earliest publication date, ISO 8601, as precise as given (`2016-03` is possible)."""
    dates = {}
    for date in meta.iterfind("pub-date"):
        kind = date.get("pub-type") or date.get("date-type") or "pub"
        year = clean_text(date.find("year"))
        if re.fullmatch(r"[12]\d{3}", year):
            dates[kind] = _iso(year, clean_text(date.find("month")), clean_text(date.find("day")))
    published = [dates[kind] for kind in _DATE_PREFERENCE if kind in dates]
    return min(published or dates.values(), default="")


def _iso(year: str, month: str, day: str) -> str:
    if not month.isdigit() or not 1 <= int(month) <= 12:
        return year
    if not day.isdigit() or not 1 <= int(day) <= 31:
        return f"{year}-{int(month):02d}"
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _authors(meta: Element) -> str:
    names = []
    for contributor in meta.iterfind("contrib-group/contrib"):
        if contributor.get("contrib-type", "author") != "author":
            continue
        name = contributor.find("name")
        if name is None:
            name = contributor.find("name-alternatives/name")
        if name is not None:
            given, surname = clean_text(name.find("given-names")), clean_text(name.find("surname"))
            names.append(f"{given} {surname}".strip())
        elif (group := contributor.find("collab")) is not None and group.text:
            names.append(clean_text(group).split("\n")[0])
        if len(names) > _MAX_AUTHORS:
            return ", ".join(names[:_MAX_AUTHORS]) + ", et al"
    return ", ".join(names)


def _licence(meta: Element) -> tuple[str, str, str]:
    """Licence code, version and the words they were read from: links first, then prose."""
    permissions = meta.find("permissions")
    scope = meta if permissions is None else permissions
    texts = []
    for licence in scope.iter("license"):
        links = [licence.get(XLINK_HREF) or "", licence.get("license-type") or ""]
        links += [(ref.text or "").strip() for ref in licence.iter(_ALI_LICENCE)]
        links += [link.get(XLINK_HREF) or "" for link in licence.iter("ext-link", "uri")]
        texts += [*links, clean_text(licence)]
    texts += [(ref.text or "").strip() for ref in scope.iterfind(_ALI_LICENCE)]
    texts += [clean_text(e) for e in scope.iter("copyright-statement")]
    for text in texts:
        code, version = licence_code(text) if text else ("", "")
        if code:
            if not version:
                version = next((v for c, v in map(licence_code, texts) if c == code and v), "")
            return code, version, text[:500]
    return "", "", next((text for text in reversed(texts) if text), "")[:500]


def _relations(meta: Element) -> list[str]:
    """`type: id` of each related article, as `retracted-article: 10.1/x`."""
    found = []
    for related in meta.iter("related-article"):
        kind = related.get("related-article-type", "related")
        target = related.get(XLINK_HREF) or clean_text(related)
        found.append(f"{kind}: {target}" if target else kind)
    return list(dict.fromkeys(found))
