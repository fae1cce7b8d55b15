"""JATS on small articles written here: every odd shape on its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from extractors.pmc.jats.article import Article, read_article
from extractors.pmc.jats.figures import FigureRecord, label_number, read_figures
from extractors.pmc.jats.hrefs import FileIndex
from extractors.pmc.jats.parse import BadXml, NotAnArticle, parse_articles, peek_article
from extractors.pmc.jats.references import add_references
from extractors.pmc.jats.text import clean_text

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
MML = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'


def _article(body: str, front: str = "", root: str = "") -> etree._Element:
    xml = f"<article {XLINK} {MML} {root}><front><article-meta>{front}</article-meta></front>{body}</article>"
    (found,), _ = parse_articles(xml.encode())
    return found


def _figures(body: str) -> list[FigureRecord]:
    root = _article(body)
    figures = read_figures(root)
    add_references(root, figures)
    return figures


def _sentences(figure: FigureRecord) -> list[str]:
    return [text for kind, text, *_ in figure.references if kind == "reference"]


def _text(inner: str) -> str:
    return clean_text(etree.fromstring(f"<caption {MML} {XLINK}>{inner}</caption>"))


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<p>10<sup>-3</sup> mol, CO<sub>2</sub>, m<sup>2</sup></p>", "10⁻³ mol, CO₂, m²"),
        ("<p>the 5<sup>th</sup> p<sup>myc</sup></p>", "the 5th pmyc"),
        ("<title>Title.</title><p>One\n  line.</p><p>Two.</p>", "Title.\nOne line.\nTwo."),
        ("<p>see <xref rid='t1'>Table 1</xref> and more.</p>", "see Table 1 and more."),
        ("<p>a<inline-graphic xlink:href='x.gif'/>b</p>", "ab"),
        (
            "<p>soft\u00adhyphen zero\u200bwidth hard\u00a0blank</p>",
            "softhyphen zerowidth hard blank",
        ),
        ("<p>x<break/>y</p>", "x y"),
        ("<p>One.<supplementary-material><label>S1</label></supplementary-material></p>", "One."),
        (
            "<list><list-item><p>A: a</p></list-item><list-item><p>B: b</p></list-item></list>",
            "A: a\nB: b",
        ),
        ("<p>nothing <italic>is <bold>lost</bold> of</italic> this</p>", "nothing is lost of this"),
    ],
)
def test_text_is_clean_and_whole(inner: str, text: str) -> None:
    assert _text(inner) == text


@pytest.mark.parametrize(
    ("math", "text"),
    [
        ("<mml:msup><mml:mi>R</mml:mi><mml:mn>2</mml:mn></mml:msup>", "R²"),
        ("<mml:mfrac><mml:mi>a</mml:mi><mml:mi>b</mml:mi></mml:mfrac>", "a/b"),
        (
            "<mml:mfrac><mml:mrow><mml:mi>a</mml:mi><mml:mo>+</mml:mo><mml:mi>b</mml:mi></mml:mrow>"
            "<mml:mn>2</mml:mn></mml:mfrac>",
            "(a+b)/2",
        ),
        ("<mml:msqrt><mml:mi>n</mml:mi></mml:msqrt>", "sqrt(n)"),
        (
            "<mml:msubsup><mml:mi>x</mml:mi><mml:mi>i</mml:mi><mml:mn>2</mml:mn></mml:msubsup>",
            "x_i²",
        ),
    ],
)
def test_a_formula_is_readable_and_not_doubled(math: str, text: str) -> None:
    tex = "<tex-math>\\documentclass{a}\\begin{document}$$R^2$$\\end{document}</tex-math>"
    both = f"<alternatives><mml:math>{math}</mml:math>{tex}</alternatives>"
    assert _text(f"<p>so <inline-formula>{both}</inline-formula> holds</p>") == f"so {text} holds"


def test_tex_alone_loses_its_document() -> None:
    tex = "<tex-math>\\documentclass{a}\\begin{document}$$\\alpha = 2$$\\end{document}</tex-math>"
    assert _text(f"<p>so <inline-formula>{tex}</inline-formula>.</p>") == "so \\alpha = 2."


FIG = '<fig id="{0}"><label>Figure {1}</label><caption><p>Caption {1}.</p></caption><graphic xlink:href="f{1}"/></fig>'


def _five() -> str:
    return "".join(FIG.format(f"F{i}", i) for i in range(1, 6))


@pytest.mark.parametrize(
    ("paragraph", "cited"),
    [
        ('See <xref rid="F1">Fig. 1</xref>.', {1}),
        ('See <xref rid="F1">Figs 1</xref>–<xref rid="F4">4</xref>.', {1, 2, 3, 4}),
        ('See <xref rid="F1">Figs 1</xref> to <xref rid="F3">3</xref>.', {1, 2, 3}),
        ('See <xref rid="F1">Figs 1</xref> and <xref rid="F3">3</xref>.', {1, 3}),
        ('See <xref rid="F2">Figures 2-5</xref>.', {2, 3, 4, 5}),
        ('See <xref rid="F1 F3 F5">Figs 1, 3, 5</xref>.', {1, 3, 5}),
        ('See <italic><bold><xref rid="F2">Fig. 2</xref></bold></italic>b.', {2}),
        ("See Figure 4 in plain words.", {4}),
        ("See Figs. 2-4 in plain words.", {2, 3, 4}),
        ('<xref rid="F1">Fig. 1</xref>. A second sentence with <xref rid="F2">2</xref>.', {1, 2}),
        ('Table <xref rid="T1">1</xref> only.', set()),
    ],
)
def test_who_is_cited(paragraph: str, cited: set[int]) -> None:
    figures = _figures(f"<body><p>{paragraph}</p>{_five()}</body>")
    assert {i for i, figure in enumerate(figures, 1) if figure.references} == cited


def test_sentences_and_paragraphs_keep_panel_letters() -> None:
    body = (
        '<body><p>First. The node grew (<xref rid="F1">Fig. 1</xref>b). Last.</p>'
        + _five()
        + "</body>"
    )
    figure = _figures(body)[0]
    assert figure.references == [
        ("reference", "The node grew (Fig. 1b).", "en", ""),
        ("reference_paragraph", "First. The node grew (Fig. 1b). Last.", "en", ""),
    ]


def test_an_xref_in_a_caption_is_no_citing_sentence() -> None:
    body = f'<body>{_five()}<fig id="F6"><caption><p>As <xref rid="F1">Fig 1</xref>.</p></caption></fig></body>'
    assert not _figures(body)[0].references


def test_a_figure_inside_a_paragraph_does_not_pollute_it() -> None:
    body = f'<body><p>Before <xref rid="F1">Fig. 1</xref>. {FIG.format("F1", 1)} After.</p></body>'
    assert _sentences(_figures(body)[0]) == ["Before Fig. 1."]


def test_peer_review_is_marked() -> None:
    body = (
        f"<body>{_five()}</body><sub-article article-type='decision-letter'><body>"
        '<p>I doubt <xref rid="F1">Fig. 1</xref>.</p></body></sub-article>'
    )
    assert _figures(body)[0].references[0] == ("reference", "I doubt Fig. 1.", "en", "peer_review")


def test_group_captions_are_inherited() -> None:
    body = (
        "<body><fig-group id='g'><label>Figure 1</label><caption><p>Shared.</p></caption>"
        "<fig id='a'><graphic xlink:href='a'/></fig>"
        "<fig id='b'><label>B</label><caption><p>Own.</p></caption><graphic xlink:href='b'/></fig>"
        "</fig-group><p>See <xref rid='g'>Fig. 1</xref>.</p></body>"
    )
    a, b = _figures(body)
    assert (a.label, a.captions) == ("Figure 1", [("en", "Shared.")])
    assert (b.label, b.captions) == ("B", [("en", "Shared.\nOwn.")])
    assert _sentences(a) == _sentences(b) == ["See Fig. 1."]


def test_one_figure_in_two_languages_of_a_group() -> None:
    body = (
        "<body><fig-group><fig xml:lang='pt'><label>Figura 1</label><caption><p>Olá.</p></caption></fig>"
        "<fig xml:lang='en'><label>Figure 1</label><caption><p>Hello.</p></caption>"
        "<alternatives><graphic xlink:href='x.tif'/><graphic xlink:href='x.jpg'/></alternatives>"
        "</fig></fig-group></body>"
    )
    (figure,) = _figures(body)
    assert figure.captions == [("pt", "Olá."), ("en", "Hello.")]
    assert figure.graphics == [["x.tif", "x.jpg"]]
    assert figure.merged == ["fig-2"]


@pytest.mark.parametrize("href", ["f1", "f1-en", "other"])
def test_a_translation_is_the_same_figure(href: str) -> None:
    body = (
        f"<body>{FIG.format('F1', 1)}</body><sub-article article-type='translation' xml:lang='es'><body>"
        f"<fig id='S1'><label>Figura 1</label><caption><p>Hola.</p></caption><graphic xlink:href='{href}'/></fig>"
        "<p>Véase la <xref rid='S1'>Figura 1</xref>.</p></body></sub-article>"
    )
    (figure,) = _figures(body)
    assert figure.captions == [("en", "Caption 1."), ("es", "Hola.")]
    assert figure.merged == ["S1"]
    assert figure.references[0] == ("reference", "Véase la Figura 1.", "es", "")


def test_scans_tables_and_equations_are_said_to_be_none() -> None:
    body = (
        "<body><fig id='a'><label>Table 2</label></fig><fig id='b'><label>Quadro 1</label></fig>"
        "<fig id='c' fig-type='equation'/></body>"
    )
    assert [f.problem for f in _figures(body)] == [
        "not_a_figure: table",
        "not_a_figure: table",
        "not_a_figure: equation",
    ]
    front = "<abstract abstract-type='scanned-figures'><fig id='s'/></abstract>"
    (scan,) = read_figures(_article("<body/>", front))
    assert scan.problem == "page_scan"


def test_formulas_and_files_within_a_figure_are_not_its_picture() -> None:
    body = (
        "<body><fig id='a'><caption><p><disp-formula><graphic xlink:href='e1'/></disp-formula>"
        "</p></caption><graphic/><graphic xlink:href='f1a'/><graphic xlink:href='f1b'/></fig></body>"
    )
    assert _figures(body)[0].graphics == [[], ["f1a"], ["f1b"]]


def test_ids_are_made_unique_and_harmless() -> None:
    body = "<body><fig id='../../x'/><fig id='a b'/><fig id='a_b'/><fig/><fig id='fig-4'/></body>"
    ids = [f.id for f in _figures(body)]
    assert len(set(ids)) == 5
    assert not any("/" in i or " " in i for i in ids)


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("Figure 1.", ("fig", 1)),
        ("Fig. 12", ("fig", 12)),
        ("Figura 3", ("fig", 3)),
        ("Figure S2", ("fig s", 2)),
        ("Figure 2—figure supplement 1.", None),
        ("Figure", None),
        ("4", ("fig", 4)),
    ],
)
def test_label_numbers(label: str, number: tuple[str, int] | None) -> None:
    assert label_number(label) == number


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("f1", ["f1.jpg", "f1.gif"]),
        ("f1.jpg", ["f1.jpg", "f1.gif"]),
        ("f10", ["f10.png"]),
        ("f100", []),
        ("pone.0000133.g001", ["pone.0000133.g001.jpg"]),
        ("info:doi/10.1371/pone.0000133.g001", ["pone.0000133.g001.jpg"]),
        ("http://x.org/a/f10.tif?v=2", ["f10.png"]),
        ("/abs/path/F1.TIF", ["f1.jpg", "f1.gif"]),
        ("../../etc/passwd", []),
        ("CRIRA2016-3589812.002", ["CRIRA2016-3589812.002.jpg"]),
        ("", []),
    ],
)
def test_hrefs_find_their_file_and_no_other(href: str, found: list[str]) -> None:
    names = ["f1.gif", "f1.jpg", "f10.png", "pone.0000133.g001.jpg", "CRIRA2016-3589812.002.jpg"]
    assert FileIndex([*names, "f1.pdf", "notes.xml"]).candidates(href) == found


def test_front_matter() -> None:
    front = (
        "<article-id pub-id-type='pmc'>123</article-id><article-id pub-id-type='pmid'>9</article-id>"
        "<article-id pub-id-type='doi'>https://doi.org/10.1/x</article-id>"
        "<title-group><article-title>A <italic>title</italic></article-title></title-group>"
        "<contrib-group><contrib contrib-type='author'><name><surname>Doe</surname>"
        "<given-names>Jo</given-names></name></contrib></contrib-group>"
        "<pub-date pub-type='ppub'><year>2016</year><month>3</month></pub-date>"
        "<pub-date pub-type='epub'><day>4</day><month>2</month><year>2016</year></pub-date>"
        "<permissions><license xlink:href='http://creativecommons.org/licenses/by-nc/3.0/'/></permissions>"
        "<abstract abstract-type='toc'><p>No.</p></abstract><abstract><p>Yes.</p></abstract>"
        "<kwd-group><kwd>one</kwd><kwd>two</kwd></kwd-group>"
        "<kwd-group kwd-group-type='MeSH'><kwd>Lung</kwd></kwd-group>"
        "<related-article related-article-type='retraction-forward' xlink:href='10.1/y'/>"
    )
    found = read_article(_article("<body/>", front, 'article-type="case-report" xml:lang="en-GB"'))
    assert found == Article(
        pmcid="PMC123",
        pmid="9",
        doi="10.1/x",
        title="A title",
        abstract="Yes.",
        keywords=["one", "two"],
        mesh=["Lung"],
        date="2016-02-04",
        article_type="case-report",
        authors="Jo Doe",
        licence="CC BY-NC",
        licence_version="3.0",
        licence_text="http://creativecommons.org/licenses/by-nc/3.0/",
        relations=["retraction-forward: 10.1/y"],
    )
    assert found.attribution == "Jo Doe. A title. 2016. https://doi.org/10.1/x"


BOMB = (
    b'<!DOCTYPE article [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><article><body><p>x&c;y</p></body></article>'
)
FILE_ENTITY = b'<!DOCTYPE article [<!ENTITY f SYSTEM "file:///etc/passwd">]><article><body><p>x&f;y</p></body></article>'


@pytest.mark.parametrize("xml", [BOMB, FILE_ENTITY], ids=["bomb", "file"])
def test_entities_are_not_expanded(xml: bytes) -> None:
    (root,), _ = parse_articles(xml)
    text = clean_text(root.find(".//p"))
    assert "aaaa" not in text
    assert "root" not in text
    assert len(text) < 10


def test_named_entities_need_no_dtd() -> None:
    xml = b'<!DOCTYPE article SYSTEM "http://example.org/a.dtd"><article><p>a&nbsp;b &alpha;&amp;</p></article>'
    (root,), repair = parse_articles(xml)
    assert clean_text(root.find("p")) == "a b α&"
    assert repair == ""


@pytest.mark.parametrize(
    "data",
    [
        "<article><p>é</p></article>".encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-16"?><article><p>\xc3\xa9</p></article>',
        b"\xef\xbb\xbf<article><p>\xc3\xa9</p></article>",
        b'<?xml version="1.0" encoding="ISO-8859-1"?><article><p>\xe9</p></article>',
        b'<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/"><p>\xc3\xa9</p></article>',
    ],
    ids=["utf-16", "declared wrong", "bom", "latin", "namespace"],
)
def test_encodings_and_namespaces(data: bytes) -> None:
    (root,), _ = parse_articles(data)
    assert clean_text(root.find("p")) == "é"


def test_wrappers_hold_their_articles() -> None:
    pair = b"<pmc-articleset><article/><article><response/></article></pmc-articleset>"
    assert len(parse_articles(pair)[0]) == 2
    oai = b'<OAI-PMH xmlns="http://x/OAI"><record><article xmlns="http://y"/></record></OAI-PMH>'
    assert [a.tag for a in parse_articles(oai)[0]] == ["article"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", BadXml),
        (b"not xml at all", BadXml),
        (b"\x00\x01\x02", BadXml),
        (b"<manifest/>", NotAnArticle),
        (b"PK\x03\x04....", BadXml),
        (b"<html><body>404</body></html>", NotAnArticle),
    ],
)
def test_what_is_no_article_is_said(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_articles(data)


def test_broken_xml_is_repaired_and_noted() -> None:
    (root,), repair = parse_articles(b"<article><body><p>one<b>two</p></body></article>")
    assert "onetwo" in clean_text(root)
    assert repair.startswith("repaired")


def test_a_peek_reads_the_same_front_matter() -> None:
    xml = (
        b"<article><front><article-meta><article-id pub-id-type='pmc'>7</article-id></article-meta>"
        b"</front><body>" + b"<p>x</p>" * 10_000 + b"</body></article>"
    )
    peeked = peek_article(xml)
    assert peeked is not None
    assert read_article(peeked).pmcid == "PMC7"
    assert peek_article(b"<pmc-articleset><article/></pmc-articleset>") is None
    assert peek_article(b"junk") is None


TAGS = [
    "p",
    "fig",
    "xref",
    "caption",
    "label",
    "graphic",
    "sup",
    "fig-group",
    "sec",
    "title",
    "alternatives",
]


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.text("ab1 .", max_size=6),
        lambda kids: st.tuples(st.sampled_from(TAGS), st.lists(kids, max_size=4)),
    )
)
def test_any_tree_of_our_tags_is_read(tree: object) -> None:
    root = _article(f"<body>{_markup(tree)}</body>")
    figures = read_figures(root)
    add_references(root, figures)
    assert len(figures) == len(list(root.iter("fig")))


def _markup(tree: object) -> str:
    if isinstance(tree, str):
        return tree
    tag, children = tree  # type: ignore[misc]
    inner = "".join(map(_markup, children))
    return f'<{tag} id="a" rid="a" xlink:href="a">{inner}</{tag}>'
