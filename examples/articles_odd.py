"""The invented articles 13 to 24: translations, odd structures, licences in prose, encodings.

Nobody described here exists and every number is made up.
"""

from __future__ import annotations

import charts as c
import drawings as d
from articles import nodule_slice
from jats import LICENCE_URLS, PROLOG, Article, Figure, Media, Translation
from PIL import Image, ImageDraw

GF = "0000-0000-rem-01-01-0013-gf0"


def treatment_bars(
    names: tuple[str, str], groups: tuple[str, ...], labels: tuple[str, str]
) -> Image.Image:
    return c.bar_plot(groups, [[62, 60], [48, 55], [30, 51]], names, labels, 100)


def formula(words: str) -> Image.Image:
    """A typeset equation or a small table, as publishers store it in a picture."""
    image = Image.new("L", (260, 54), 255)
    ImageDraw.Draw(image).text((12, 12), words, 0, d.font(24))
    return image


def table_picture() -> Image.Image:
    image = Image.new("L", (420, 130), 255)
    draw = ImageDraw.Draw(image)
    for row, cells in enumerate(
        (("Stain", "Cells", "Share"), ("Blue", "412", "1.00"), ("Green", "371", "0.90"))
    ):
        for column, cell in enumerate(cells):
            draw.text((16 + 140 * column, 14 + 40 * row), cell, 0, d.font(20))
        draw.line((8, 46 + 40 * row, 412, 46 + 40 * row), fill=0, width=1)
    return image


def cell_panels() -> c.Compound:
    tiles = [
        d.fluorescence(1401, (340, 340), green=False),
        d.fluorescence(1401, (340, 340)),
        d.fluorescence(1401, (340, 340), red=True),
    ]
    return c.compose(tiles, 3, "ABC", gutter=8)


def breast_pair() -> c.Compound:
    tiles = [d.mammogram(1901, (380, 500)), d.mammogram(1901, (380, 500), mass=(-0.15, 0.2, 0.08))]
    return c.compose(tiles, 2, "AB", inside=False)


SPANISH = Article(
    number=13,
    title="Retinopatía diabética tratada con láser en una cohorte inventada",
    licence="CC BY",
    subject="Artículo original",
    journal="Revista de Ejemplos Médicos",
    authors=(("Yara", "Ejemplo"), ("Zoe", "Muestra")),
    keywords=("retinopatía diabética", "láser"),
    language="es",
    cases=("translation sub-article, same href", "translation sub-article, -en href"),
    abstract="Se estudiaron 120 ojos inventados antes y después del tratamiento con láser.",
    sections=(
        (
            "Introducción",
            [
                [
                    "La retinopatía diabética es una causa frecuente de pérdida de visión.",
                    "El láser sella los vasos que pierden líquido.",
                ],
            ],
        ),
        (
            "Métodos",
            [["Se tomaron fotografías del fondo de ojo de todos los pacientes ({f1|Figura 1})."]],
        ),
        (
            "Resultados",
            [
                [
                    "El edema disminuyó en el grupo tratado ({f2|Figura 2}).",
                    "No hubo complicaciones graves.",
                ]
            ],
        ),
    ),
    figures=(
        Figure(
            "f1",
            "Figura 1",
            "Fotografía del fondo del ojo derecho con exudados duros y hemorragias.",
            (Media(f"{GF}1.jpg", lambda: d.fundus(1301, (520, 480), True, 9, 22)),),
        ),
        Figure(
            "f2",
            "Figura 2",
            "Porcentaje de ojos con edema por mes y grupo.",
            (
                Media(
                    f"{GF}2.png",
                    lambda: treatment_bars(
                        ("Láser", "Control"), ("0", "3", "6"), ("Meses", "Ojos con edema (%)")
                    ),
                ),
            ),
        ),
    ),
    others=(
        Media(
            f"{GF}2-en.png",
            lambda: treatment_bars(
                ("Laser", "Control"), ("0", "3", "6"), ("Months", "Eyes with oedema (%)")
            ),
        ),
    ),
    translation=Translation(
        "en",
        "Diabetic retinopathy treated with laser in an invented cohort",
        "We studied 120 invented eyes before and after laser treatment.",
        (
            ("Methods", [["Fundus photographs were taken of all patients ({f1-en|Figure 1})."]]),
            (
                "Results",
                [
                    [
                        "Oedema became less frequent in the treated group ({f2-en|Figure 2}).",
                        "There were no serious complications.",
                    ]
                ],
            ),
        ),
        (
            Figure(
                "f1-en",
                "Figure 1",
                "Fundus photograph of the right eye with hard exudates and haemorrhages.",
                (),
                hrefs=(f"{GF}1.jpg",),
                copy_of="f1",
            ),
            Figure(
                "f2-en",
                "Figure 2",
                "Percentage of eyes with oedema by month and group.",
                (),
                hrefs=(f"{GF}2-en.png",),
                copy_of="f2",
            ),
        ),
    ),
)

DOTS = Article(
    number=14,
    title="Granules around the nucleus of cultured cells",
    licence="CC0",
    journal="Journal of Invented Microscopy",
    authors=(("Abel", "Sample"), ("Berta", "Demo")),
    keywords=("fluorescence microscopy", "image analysis"),
    cases=(
        "dots in the href that are no extension",
        "href as info:doi",
        "equation, table and logo graphics that are no figures",
        "compound figure, three panels in a row",
        "CC0",
    ),
    others=(
        Media("jmx.0000133.e001.gif", lambda: formula("g = n / (4 r)"), "small"),
        Media("jmx.0000133.t001.gif", table_picture, "small"),
        Media("jmx-logo.gif", lambda: formula("Invented Microscopy"), "small"),
    ),
    not_figures=("jmx.0000133.e001", "jmx.0000133.t001", "jmx-logo.gif"),
    abstract="Granules were counted by a program and by two readers.",
    sections=(
        (
            "Introduction",
            [
                [
                    "Granules store proteins that a cell will need later.",
                    "Counting them by eye is slow, and readers disagree.",
                ],
            ],
        ),
        (
            "Methods",
            [
                [
                    "The density of granules was computed from their number and the radius of the "
                    "cell:"
                ],
                '<p><disp-formula id="jmx.0000133.e001"><graphic mimetype="image" '
                'position="anchor" '
                'xlink:href="jmx.0000133.e001"/></disp-formula></p>',
                '<table-wrap id="jmx.0000133.t001" position="float"><label>Table 1</label><caption>'
                "<title>Cells counted.</title></caption><alternatives>"
                '<graphic mimetype="image" '
                'xlink:href="jmx.0000133.t001"/></alternatives></table-wrap>',
            ],
        ),
        (
            "Results",
            [
                [
                    "Nuclei were blue ({jmx.0000133.g001|Fig 1A}), fibres green "
                    "({jmx.0000133.g001|Fig 1B}) "
                    "and granules red ({jmx.0000133.g001|Fig 1C}).",
                    "The counts of the program agreed with those of the readers "
                    "({jmx.0000133.g002|Fig 2}, "
                    '<xref ref-type="table" rid="jmx.0000133.t001">Table 1</xref>).',
                    "It also told sick cells from healthy ones ({jmx.0000133.g003|Fig 3}).",
                ]
            ],
        ),
    ),
    back='<ack><p>Printed by:</p><p><graphic xlink:href="jmx-logo.gif"/></p></ack>',
    figures=(
        Figure(
            "jmx.0000133.g001",
            "Fig 1",
            "# Granules lie close to the nucleus.\n(A) Nuclei. (B) Nuclei and fibres. (C) Nuclei, "
            "fibres and granules. "
            "Scale bars, 20 &#x003bc;m.",
            (Media("jmx.0000133.g001.jpg", cell_panels),),
            hrefs=("info:doi/10.5555/jmx.0000133.g001",),
        ),
        Figure(
            "jmx.0000133.g002",
            "Fig 2",
            "# Granules counted by program and reader.",
            (
                Media(
                    "jmx.0000133.g002.png",
                    lambda: c.scatter_plot(1402, ("Program (count)", "Reader (count)"), "r = 0.93"),
                ),
            ),
            hrefs=("jmx.0000133.g002",),
        ),
        Figure(
            "jmx.0000133.g003",
            "Fig 3",
            "# Receiver operating characteristic of the granule count, by program and by reader.",
            (
                Media(
                    "jmx.0000133.g003.png", lambda: c.roc_plot(["Reader", "Program"], [0.3, 0.16])
                ),
            ),
            hrefs=("jmx.0000133.g003",),
        ),
    ),
)

DUPLICATE = Article(
    number=15,
    title="Teaching note: how to describe a lung nodule",
    licence="CC BY",
    subject="Education",
    journal="Invented Teaching Notes",
    authors=(("Cleo", "Mock"),),
    cases=("picture byte for byte the same as in PMC990000001",),
    abstract="A nodule is described by its size, edge, density and place.",
    sections=(
        (
            "Purpose",
            [
                [
                    "Students often say that a nodule is there but not what it looks like.",
                    "Four words are enough to begin with: size, edge, density and place.",
                ],
            ],
        ),
        (
            "Words to use",
            [
                [
                    "Look at {fig-1|Figure 1} and name the edge of the nodule.",
                    "Then compare the normal radiograph in {fig-2|Figure 2}.",
                ],
                ["A good description lets another reader draw the picture."],
            ],
        ),
    ),
    figures=(
        Figure("fig-1", "Figure 1", "Lung nodule.", (Media("nodule.jpg", nodule_slice),)),
        Figure(
            "fig-2",
            "Figure 2",
            "Normal chest radiograph for comparison.",
            (Media("normal.jpg", lambda: d.chest_xray(1502, (520, 560))),),
        ),
    ),
)

GAPS = Article(
    number=16,
    title="Two polyps of the colon",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Case Reports",
    authors=(("Dora", "Placeholder"), ("Emil", "Model")),
    keywords=("colonoscopy", "polyp"),
    cases=(
        "figure without label",
        "figure without id",
        "figure without caption",
        "two sibling graphics in one figure",
    ),
    abstract="Two polyps were found and removed in one session.",
    sections=(
        (
            "Background",
            [
                [
                    "A polyp of the colon is usually found during screening.",
                    "Its size and its surface decide how it is removed.",
                ],
            ],
        ),
        (
            "Case",
            [
                [
                    "The first polyp lay in the sigmoid colon ({g1|see picture}).",
                    ("The wall around it was smooth (Figure 2).", "colon2.jpg"),
                    "The second polyp is shown from near and from far ({g4|Figure 4}).",
                ],
                ["Microscopy of both is given in {g3|Figure 3}."],
            ],
        ),
    ),
    figures=(
        Figure(
            "g1",
            "",
            "Endoscopic view of the first polyp at seven o'clock.",
            (Media("colon1.jpg", lambda: d.endoscopy(1601, polyp=(-0.3, 0.27, 0.22))),),
        ),
        Figure(
            "",
            "Figure 2",
            "Normal folds of the colon.",
            (Media("colon2.jpg", lambda: d.endoscopy(1602)),),
        ),
        Figure(
            "g3",
            "Figure 3",
            "",
            (Media("colon3.jpg", lambda: d.histology(1603, (540, 400), 190, glands=8)),),
        ),
        Figure(
            "g4",
            "Figure 4",
            "The second polyp from near (first picture) and from far (second picture).",
            (
                Media(
                    "colon4a.jpg", lambda: d.endoscopy(1604, (460, 410), polyp=(0.35, 0.25, 0.3))
                ),
                Media(
                    "colon4b.jpg", lambda: d.endoscopy(1604, (460, 410), polyp=(0.35, 0.25, 0.13))
                ),
            ),
        ),
    ),
)

LETTER = Article(
    number=17,
    title="Why captions deserve an editor",
    licence="CC BY",
    kind="letter",
    subject="Correspondence",
    journal="Journal of Invented Medicine",
    authors=(("Flora", "Example"),),
    cases=("article without figures",),
    abstract="Captions are read more often than the text around them.",
    sections=(
        (
            "To the Editor",
            [
                [
                    "Readers look at the figures first and at the text later, if at all.",
                    "A caption should therefore say what is shown, how it was made and what to "
                    "look at.",
                ],
                ["We ask the journal to give captions the same care as abstracts."],
            ],
        ),
    ),
)

CORRECTION = Article(
    number=18,
    title="Correction: Home oxygen in an invented randomised trial",
    licence="CC BY-NC-ND",
    kind="correction",
    subject="Correction",
    journal="Journal of Invented Medicine",
    authors=(("Vera", "Example"), ("Wim", "Demo"), ("Xenia", "Sample")),
    related='<related-article related-article-type="corrected-article" ext-link-type="doi" '
    'xlink:href="10.5555/fabrica.2026.0012"/>',
    cases=("correction with a related article",),
    abstract="One curve of the article was drawn with the wrong colour.",
    sections=(
        (
            "Correction",
            [
                [
                    "The colours of both groups were exchanged.",
                    "The right version is {cor1|Figure 2}.",
                ]
            ],
        ),
    ),
    figures=(
        Figure(
            "cor1",
            "Figure 2",
            "# Survival of both groups, corrected.\nThe upper curve belongs to usual care.",
            (
                Media(
                    "correction-g2.png",
                    lambda: c.survival_plot(1202, ["Usual care", "Home oxygen"], "P = 0.004"),
                ),
            ),
        ),
    ),
)

PROSE = Article(
    number=19,
    title="A mass behind the nipple: mammography and microscopy",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Case Reports",
    authors=(("Gerd", "Sample"),),
    keywords=("mammography", "breast cancer"),
    mesh=("Mammography", "Breast Neoplasms"),
    licence_xml="<license><license-p>This is an open access article distributed under the "
    "Creative Commons "
    "Attribution License, which permits unrestricted use, distribution, and reproduction in any "
    "medium, "
    "provided the original work is properly cited.</license-p></license>",
    cases=(
        "licence only in the prose of license-p",
        "CMYK JPEG",
        "compound figure, black letters above",
    ),
    abstract="A spiculated mass was found between two screening rounds.",
    sections=(
        (
            "Case",
            [
                [
                    "The mammogram of two years before was normal ({F1|Figure 1}A).",
                    "A spiculated mass had appeared since ({F1|Figure 1}B).",
                ],
                [
                    "Core biopsy showed crowded cells with a brown marker in half of the nuclei "
                    "({F2|Figure 2})."
                ],
            ],
        ),
        ("Comment", [["Cancers between two rounds grow faster than those found by screening."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Left mediolateral oblique mammograms. (A) Two years before. (B) At diagnosis, with a "
            "spiculated mass.",
            (Media("breast1.jpg", breast_pair),),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Core biopsy with a brown marker in about half of the nuclei (immunohistochemistry).",
            (
                Media(
                    "breast2.jpg",
                    lambda: d.histology(1902, (520, 390), 260, stain="dab", bar="50 um"),
                    "cmyk",
                ),
            ),
        ),
    ),
)

DISAGREES = Article(
    number=20,
    title="Atrial fibrillation after a night of celebration",
    licence="CC BY-NC",
    kind="case-report",
    subject="Case Report",
    journal="Invented Heart Letters",
    authors=(("Hana", "Dummy"), ("Igor", "Model")),
    keywords=("atrial fibrillation", "alcohol"),
    licence_xml='<license license-type="open-access"><ali:license_ref>'
    f"{LICENCE_URLS['CC BY']}</ali:license_ref><license-p>Creative Commons Attribution "
    f"4.0.</license-p></license>",
    notes={"xml_licence": "CC BY"},
    cases=("licence of the XML disagrees with the metadata",),
    abstract="The rhythm returned to normal without treatment.",
    sections=(
        (
            "Background",
            [
                [
                    "A night of heavy drinking can disturb the rhythm of a healthy heart.",
                    "The disturbance often ends on its own.",
                ],
            ],
        ),
        (
            "Case",
            [
                [
                    "A 29-year-old man felt his heart race after a wedding.",
                    "The rhythm was irregular at 2 a.m. ({F1|Figure 1}) and regular at noon "
                    "({F2|Figure 2}).",
                ]
            ],
        ),
        ("Comment", [["Watchful waiting was enough."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Electrocardiogram at 2 a.m.: irregular rhythm without P waves.",
            (Media("af1.png", lambda: c.ecg(2001, irregular=True)),),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Electrocardiogram at noon: sinus rhythm.",
            (Media("af2.png", lambda: c.ecg(2002)),),
        ),
    ),
)

ENTITY = Article(
    number=21,
    title="Ground-glass opacity after&nbsp;an invented infection",
    licence="CC BY",
    subject="Brief Report",
    journal="Invented Imaging Notes",
    authors=(("Jule", "Demo"),),
    keywords=("ground-glass opacity",),
    cases=("&nbsp; declared by nothing but an http DTD", "16-bit PNG"),
    prolog='<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE article PUBLIC "-//NLM//DTD Journal '
    "Publishing "
    'DTD v3.0 20080202//EN" "http://dtd.nlm.nih.gov/publishing/3.0/journalpublishing3.dtd">\n',
    abstract="Haze in the lung cleared within three&nbsp;months.",
    sections=(
        (
            "Background",
            [
                [
                    "Ground-glass opacity is haze through which the vessels can still be seen.",
                    "It has many causes, and time tells most of them apart.",
                ],
                [
                    "We followed one invented patient for three&nbsp;months.",
                ],
            ],
        ),
        (
            "Report",
            [
                [
                    "The first scan showed haze in the left lung ({F1|Figure&nbsp;1}).",
                    "Lung function was 62&nbsp;% of normal and rose to 88&nbsp;% "
                    "({F2|Figure&nbsp;2}).",
                ]
            ],
        ),
    ),
    figures=(
        Figure(
            "F1",
            "Figure&nbsp;1",
            "Axial computed tomography, slice of 1&nbsp;mm, with ground-glass opacity in the left "
            "lung.",
            (
                Media(
                    "haze1.png",
                    lambda: d.ct_chest(2101, (440, 340), ground_glass=(0.55, 0.1, 0.27)),
                    "16bit",
                ),
            ),
        ),
        Figure(
            "F2",
            "Figure&nbsp;2",
            "Vital capacity over three months.",
            (
                Media(
                    "haze2.png",
                    lambda: c.line_plot(
                        [[62, 71, 83, 88]],
                        [0, 1, 2, 3],
                        ["Patient"],
                        ("Month", "Vital capacity (%)"),
                        100,
                    ),
                ),
            ),
        ),
    ),
)

WIDE = Article(
    number=22,
    title="Abscess or tumour? Diffusion in an invented head",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Case Reports",
    authors=(("Käthe", "Muster"), ("Łukasz", "Wzór")),
    keywords=("brain abscess", "diffusion"),
    cases=("XML in UTF-16 with a byte order mark", "WebP picture"),
    prolog=PROLOG.replace("UTF-8", "UTF-16"),
    encoding="utf-16-le",
    abstract="Diffusion told an abscess from a tumour.",
    sections=(
        (
            "Background",
            [
                [
                    "A bright rim after contrast medium is seen in both abscess and tumour.",
                    "Water moves little in pus, which diffusion images show.",
                ],
            ],
        ),
        (
            "Case",
            [
                [
                    "The lesion was dark in its middle on the T1-weighted image with contrast "
                    "medium ({F1|Figure 1}).",
                    "On the diffusion image the middle was bright ({F2|Figure 2}), which speaks "
                    "for pus.",
                ],
                ["Drainage proved an abscess."],
            ],
        ),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "T1-weighted image after contrast medium; the arrow points at a lesion with a bright "
            "rim in the right parietal lobe.",
            (
                Media(
                    "abscess1.webp",
                    lambda: d.arrow(
                        d.brain_mri(2201, "t1c", (500, 540), (-0.34, 0.22, 0.12)), (138, 348), 215
                    ),
                ),
            ),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Diffusion-weighted image (<italic>b</italic> = 1000 s/mm<sup>2</sup>; coefficient "
            "0.6 &#x000d7; "
            "10<sup>&#x02212;3</sup> mm<sup>2</sup>/s) of the same slice.",
            (
                Media(
                    "abscess2.jpg",
                    lambda: d.brain_mri(2201, "dwi", (500, 540), (-0.34, 0.22, 0.12)),
                ),
            ),
            truth="Diffusion-weighted image (b = 1000 s/mm²; coefficient 0.6 × 10⁻³ mm²/s) of the "
            "same slice.",
        ),
    ),
)

NOTICE = Article(
    number=23,
    title="Retraction: Invented kinase slows the growth of cultured cells",
    licence="CC BY",
    kind="retraction",
    subject="Retraction",
    journal="Journal of Invented Medicine",
    authors=(("The", "Editors"),),
    related='<related-article related-article-type="retracted-article" ext-link-type="doi" '
    'xlink:href="10.5555/fabrica.2026.0007"/>',
    cases=("retraction notice",),
    abstract="The article is withdrawn because its blot was put together from two others.",
    sections=(
        (
            "Retraction",
            [["The blot of the article could not be repeated by anyone.", "The authors agree."]],
        ),
    ),
)

ODD_ARTICLES = (
    SPANISH,
    DOTS,
    DUPLICATE,
    GAPS,
    LETTER,
    CORRECTION,
    PROSE,
    DISAGREES,
    ENTITY,
    WIDE,
    NOTICE,
)
