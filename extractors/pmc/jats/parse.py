"""XML bytes to article elements: any encoding and root, no entity expansion, no DTD fetch."""

from __future__ import annotations

import re
from html.entities import name2codepoint
from typing import Any, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

# No entity is expanded, no DTD fetched, no depth or size beyond libxml2's limits.
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}

MAX_XML_BYTES = 64 * 2**20
_PEEK_BYTES = 512 * 2**10
_PEEK_STEP = 16 * 2**10

_NAMED_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]*);")
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_KEPT_NAMESPACES = ("http://www.w3.org/1998/Math/MathML", "http://www.niso.org/schemas/ali/1.0/")


class NotAnArticle(ValueError):
    """The bytes are not a JATS article; the message says what they are instead."""


class BadXml(ValueError):
    """The bytes are not XML, not even after repair; the message names the place."""


def parse_articles(data: bytes) -> tuple[list[Element], str]:
    """The `<article>` elements of a file, with what had to be repaired to read it (or `""`).

    The root may be `article`, `pmc-articleset` or an OAI-PMH wrapper. JATS namespaces are
    taken off, so that a tag is its local name. Raises `BadXml` or `NotAnArticle`.
    """
    if len(data) > MAX_XML_BYTES:
        raise BadXml(f"the XML has {len(data):,} bytes; at most {MAX_XML_BYTES:,} are read")
    root, repair = _root(_without_named_entities(data))
    if not isinstance(root.tag, str):
        raise NotAnArticle("the XML has no root element")
    if root.tag.startswith("{") or root.tag not in ("article", "pmc-articleset"):
        _strip_jats_namespaces(root)
    if root.tag == "article":
        return [root], repair
    articles = [a for a in root.iter("article") if next(a.iterancestors("article"), None) is None]
    if not articles:
        raise NotAnArticle(f"root element <{etree.QName(root).localname}> holds no JATS article")
    return articles, repair


def peek_article(data: bytes) -> Element | None:
    """The single article of a file read no further than its front matter; None if not so simple.

    What follows the front matter is not in the tree, nor checked.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=("article", "article-meta"),
        **_SAFE,
    )
    try:
        for start in range(0, min(len(data), _PEEK_BYTES), _PEEK_STEP):
            parser.feed(_without_named_entities(data[start : start + _PEEK_STEP]))
            for event, element in parser.read_events():
                if not isinstance(element, etree._Element):
                    return None
                if element.tag == "article" and element.getparent() is not None:
                    return None
                if event == "end" and element.tag == "article-meta":
                    root = element.getroottree().getroot()
                    return root if root.tag == "article" else None
    except (etree.XMLSyntaxError, ValueError):
        pass
    return None


def _parser(recover: bool = False, encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(recover=recover, encoding=encoding, **_SAFE)


_STRICT = _parser()


def _root(data: bytes) -> tuple[Element, str]:
    try:
        return etree.fromstring(data, _STRICT), ""
    except (etree.XMLSyntaxError, ValueError) as error:
        problem = str(error)
    for encoding in ("utf-8", "utf-16"):
        # The declaration may name an encoding that the bytes are not in.
        try:
            text = _DECLARATION.sub("", data.decode(encoding))
            return etree.fromstring(text.encode("utf-8"), _parser(encoding="utf-8")), (
                f"read as {encoding}: {problem}"
            )
        except (UnicodeError, etree.XMLSyntaxError, ValueError):
            continue
    try:
        root = etree.fromstring(data, _parser(recover=True))
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise BadXml(f"not XML: {problem}")
    return root, f"repaired: {problem}"


def _without_named_entities(data: bytes) -> bytes:
    """`&nbsp;` and the like as numeric references: no DTD is read that would declare them."""
    if b"&" not in data:
        return data
    return _NAMED_ENTITY.sub(_numeric, data)


def _numeric(match: re.Match[bytes]) -> bytes:
    codepoint = name2codepoint.get(match[1].decode("ascii"))
    return b"&#%d;" % codepoint if codepoint else match[0]


def _strip_jats_namespaces(root: Element) -> None:
    for element in root.iter(etree.Element):
        tag = element.tag
        if tag.startswith("{"):
            namespace, _, local = tag[1:].partition("}")
            if namespace not in _KEPT_NAMESPACES:
                element.tag = local
