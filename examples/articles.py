"""The invented articles 1 to 12: plain cases, licences, versions, damaged pictures, citing styles.

Nobody described here exists and every number is made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import charts as c
import drawings as d
from jats import Article, Figure, Group, Media
from PIL import Image

BIB = '[<xref ref-type="bibr" rid="B1">1</xref>]'


def nodule_slice() -> Image.Image:
    """Shared by articles 1 and 15, whose files must be byte for byte the same."""
    return d.arrow(d.ct_chest(101, nodule=(-0.5, 0.1, 0.1)), (150, 268), 215)


def retina_pair() -> c.Compound:
    tiles = [d.fundus(201, (470, 430), True, 22), d.fundus(202, (470, 430), False, 11)]
    return c.compose(tiles, 2, "AB")


def retina_course() -> c.Compound:
    size = (470, 250)
    tiles = [d.oct_scan(203, size, fluid=True), d.oct_scan(204, size)]
    tiles += [d.fundus(201, (470, 250), True, 3), d.fundus(202, (470, 250), False, 2)]
    return c.compose(tiles, 2, "abcd", inside=False)


def glioma(kinds: str, size: tuple[int, int] = (400, 430)) -> c.Compound:
    tiles = [d.brain_mri(401, kind, size, lesion=(0.33, -0.15, 0.13)) for kind in kinds.split()]
    return c.compose(tiles, 2, "ABCD"[: len(tiles)])


def skin_and_section() -> c.Compound:
    tiles = [d.dermoscopy(605, (460, 360), veil=True), d.histology(602, (460, 360), 330, big=5.5)]
    return c.compose(tiles, 2, "AB", inside=False)


def liver_pair() -> c.Compound:
    tiles = [
        d.ct_abdomen(901, (480, 380), (-0.5, 0.05, 0.15), arterial=True),
        d.ct_abdomen(901, (480, 380), (-0.5, 0.05, 0.15)),
    ]
    return c.compose(tiles, 2, "AB")


SIMPLE = Article(
    number=1,
    title="Organising pneumonia that looked like a single lung nodule: a case report",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Case Reports",
    keywords=("organising pneumonia", "solitary pulmonary nodule", "computed tomography"),
    mesh=("Cryptogenic Organizing Pneumonia", "Tomography, X-Ray Computed", "Humans"),
    cases=("simple case report", "MeSH, keywords, history and subjects"),
    abstract="Organising pneumonia can appear as one round nodule. We describe an invented patient "
    "whose nodule was removed because cancer could not be ruled out.",
    sections=(
        (
            "Introduction",
            [
                [
                    f"A single lung nodule in a smoker is treated as cancer until shown otherwise "
                    f"{BIB}.",
                    "Organising pneumonia is one of the harmless causes.",
                ]
            ],
        ),
        (
            "Case presentation",
            [
                [
                    "A 61-year-old man came with a cough of six weeks and no fever.",
                    "The chest radiograph showed a hazy opacity in the right middle zone "
                    "({F1|Figure 1}).",
                    "Blood counts were normal.",
                ],
                [
                    "Computed tomography confirmed a solid nodule of 21 mm in the right lung with "
                    "a lobulated edge ({F2|Figure 2}).",
                    "No enlarged lymph nodes were seen.",
                ],
                [
                    "The nodule was removed by video-assisted surgery.",
                    "As {F3|Figure 3} shows, the section held spindle cells and air spaces filled "
                    "with loose connective tissue, and no tumour.",
                ],
            ],
        ),
        (
            "Discussion",
            [
                [
                    "The lobulated edge in {F2|Figure 2} was the reason for surgery.",
                    "A biopsy through the chest wall might have avoided it.",
                ]
            ],
        ),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Chest radiograph, frontal view, with a hazy opacity in the right middle zone.",
            (Media("fig1.jpg", lambda: d.chest_xray(100, opacity=(-0.42, 0.02, 0.17))),),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Axial computed tomography of the chest in the lung window. The arrow points at a "
            "solid "
            "nodule of 21 mm with a lobulated edge in the right lung.",
            (Media("fig2.jpg", nodule_slice),),
        ),
        Figure(
            "F3",
            "Figure 3",
            "Section of the nodule: plugs of connective tissue and spindle cells without atypia "
            "(haematoxylin and eosin; scale bar 100 &#x003bc;m).",
            (Media("fig3.jpg", lambda: d.histology(103, (560, 420), 240)),),
        ),
    ),
)

RETINA = Article(
    number=2,
    title="Retinal haemorrhages in severe anaemia before and after transfusion",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Eye Letters",
    authors=(("Carla", "Demo"), ("Dirk", "Placeholder"), ("Eva", "Mock")),
    keywords=("anaemia", "retina", "optical coherence tomography"),
    mesh=("Anemia", "Retinal Hemorrhage"),
    licence_xml="<license><ali:license_ref>https://creativecommons.org/licenses/by/4.0/"
    "</ali:license_ref><license-p>Open access, see the licence.</license-p></license>",
    cases=(
        "compound figure, letters before the phrases",
        "compound figure, letters after the phrases",
        "panel letter after the xref",
        "licence in ali:license_ref",
    ),
    abstract="Two eyes of one invented patient were photographed before and after transfusion. The "
    "haemorrhages cleared within four weeks.",
    sections=(
        (
            "Case",
            [
                [
                    "A 34-year-old woman noticed blurred sight in both eyes.",
                    "Haemoglobin was 41 g/L.",
                    "Fundus photographs showed many blot haemorrhages, more in the right eye "
                    "({F1|Fig. 1}A) than in the left ({F1|Fig. 1}B).",
                ],
                [
                    "Fluid under the fovea was present at first ({F2|Fig. 2}a) and absent after "
                    "four "
                    "weeks ({F2|Fig. 2}b).",
                    "By then most haemorrhages had cleared ({F2|Fig. 2}c,d).",
                ],
            ],
        ),
        (
            "Discussion",
            [
                [
                    "Haemoglobin rose quickly after transfusion and stayed high ({F3|Fig. 3}).",
                    "The eye followed with a delay of about two weeks.",
                ]
            ],
        ),
    ),
    figures=(
        Figure(
            "F1",
            "Fig. 1",
            "# Fundus photographs at presentation.\n(A) Right eye with many blot haemorrhages "
            "around "
            "the macula. (B) Left eye with fewer haemorrhages.",
            (Media("gr1.jpg", retina_pair),),
        ),
        Figure(
            "F2",
            "Fig. 2",
            "Optical coherence tomography of the right eye before transfusion with cystic fluid "
            "(a) "
            "and four weeks later with a normal foveal pit (b), and fundus photographs of the "
            "right "
            "(c) and left eye (d) at the same later visit.",
            (Media("gr2.jpg", retina_course),),
        ),
        Figure(
            "F3",
            "Fig. 3",
            "Haemoglobin over the eight weeks after transfusion.",
            (
                Media(
                    "gr3.png",
                    lambda: c.line_plot(
                        [[41, 78, 92, 104, 112]],
                        [0, 2, 4, 6, 8],
                        ["Patient"],
                        ("Week", "Haemoglobin (g/L)"),
                        150,
                    ),
                ),
            ),
        ),
    ),
)

NECK = Group(
    "fg1", "Figure 1", "Ultrasound of the thyroid gland, right lobe (left) and left lobe (right)."
)
CELLS = Group("fg2", "Figure 2", "Microscopy of the left lobe.")

THYROID = Article(
    number=3,
    title="A nodule in the left thyroid lobe: ultrasound and microscopy",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Case Reports",
    authors=(("Femi", "Model"),),
    keywords=("thyroid", "ultrasonography"),
    cases=("fig-group with one caption", "fig-group with a caption and captions of its children"),
    abstract="We compare what ultrasound and the microscope show in one thyroid nodule.",
    sections=(
        (
            "Case report",
            [
                [
                    "A 47-year-old woman felt a lump in her neck.",
                    (
                        "On ultrasound a cyst lay in the right lobe and a solid, dark nodule in "
                        "the "
                        "left ({fg1|Figure 1}).",
                        "f1a f1b",
                    ),
                ],
                [
                    "The left lobe was removed.",
                    "Small follicles stood close together in the nodule ({f2a|Figure 2A}).",
                    "About four cells in ten carried the marker ({f2b|Figure 2B}).",
                ],
            ],
        ),
        ("Conclusion", [["Size alone should not decide about a biopsy."]]),
    ),
    figures=(
        Figure(
            "f1a",
            "",
            "",
            (
                Media(
                    "thy-1a.jpg",
                    lambda: d.ultrasound(301, (520, 400), cyst=(-0.1, 0.05, 0.17), words="RIGHT"),
                ),
            ),
            group=NECK,
        ),
        Figure(
            "f1b",
            "",
            "",
            (
                Media(
                    "thy-1b.jpg",
                    lambda: d.ultrasound(302, (520, 400), mass=(0.1, 0.02, 0.2), words="LEFT"),
                ),
            ),
            group=NECK,
        ),
        Figure(
            "f2a",
            "A",
            "Follicles lined by one row of cells (haematoxylin and eosin).",
            (Media("thy-2a.jpg", lambda: d.histology(303, (520, 400), 150, glands=5)),),
            group=CELLS,
        ),
        Figure(
            "f2b",
            "B",
            "Brown nuclei carry the marker.",
            (Media("thy-2b.jpg", lambda: d.histology(304, (520, 400), 230, stain="dab")),),
            group=CELLS,
        ),
    ),
)

GLIOMA = Article(
    number=4,
    title="Four magnetic resonance sequences of one frontal tumour",
    licence="CC BY",
    subject="Brief Report",
    journal="Invented Imaging Notes",
    authors=(("Gita", "Example"), ("Hugo", "Dummy")),
    keywords=("glioma", "magnetic resonance imaging", "diffusion"),
    mesh=("Glioma", "Magnetic Resonance Imaging"),
    cases=(
        "alternatives with several sizes",
        "compound figure, white letters inside",
        "ext-link in a caption",
    ),
    abstract="One tumour is shown with four sequences to explain what each of them adds.",
    sections=(
        (
            "Methods",
            [
                [
                    "An invented head was imaged at 3 T.",
                    "The diffusion image of {F1|Figure 1} used b = 1000 s/mm<sup>2</sup>.",
                ]
            ],
        ),
        (
            "Results",
            [
                [
                    "The tumour was bright on the diffusion image ({F1|Figure 1}) and had a "
                    "swollen rim "
                    "on the T2-weighted image ({F2|Figure 2}).",
                    "After contrast medium only its rim took up signal ({F3|Figure 3}B), while the "
                    "swelling was clearest in {F3|Figure 3}D.",
                ]
            ],
        ),
        ("Discussion", [["No sequence alone was enough to tell the tumour from its swelling."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Diffusion-weighted image (b = 1000 s/mm<sup>2</sup>) with a bright lesion in the "
            "left frontal lobe.",
            (
                Media(
                    "head1-small.jpg",
                    lambda: d.brain_mri(401, "dwi", lesion=(0.33, -0.15, 0.13)),
                    "half",
                    False,
                ),
                Media(
                    "head1-large.jpg",
                    lambda: d.brain_mri(401, "dwi", (520, 560), (0.33, -0.15, 0.13)),
                ),
            ),
            alternatives=True,
        ),
        Figure(
            "F2",
            "Figure 2",
            "T2-weighted image of the same slice. Sequence settings: "
            '<ext-link ext-link-type="uri" '
            'xlink:href="https://example.org/mri">example.org/mri</ext-link>.',
            (
                Media("head2.jpg", lambda: d.brain_mri(401, "t2", (520, 560), (0.33, -0.15, 0.13))),
                Media(
                    "head2.gif",
                    lambda: d.brain_mri(401, "t2", (520, 560), (0.33, -0.15, 0.13)),
                    "thumb",
                    False,
                ),
            ),
            alternatives=True,
        ),
        Figure(
            "F3",
            "Figure 3",
            "# The same slice with four sequences\n(A) T1-weighted. (B) T1-weighted after contrast "
            "medium; the rim of the tumour is bright. (C) T2-weighted. (D) Fluid-attenuated "
            "inversion recovery.",
            (Media("head3.jpg", lambda: glioma("t1 t1c t2 flair")),),
        ),
    ),
)

HEART = Article(
    number=5,
    version=2,
    title="Inferior infarction with normal first troponin",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Case Reports",
    authors=(("Ines", "Sample"), ("Jan", "Mock")),
    keywords=("electrocardiography", "myocardial infarction"),
    cases=(
        "version 1 is the manuscript, version 2 the published one",
        "figure cited in plain text only",
    ),
    abstract="The first troponin can be normal in the first hour of an infarction. The tracing "
    "decides.",
    sections=(
        (
            "Case",
            [
                [
                    "A 58-year-old man had chest pain for 40 minutes.",
                    "The ST segment was raised in leads II, III and aVF ({F1|Figure 1}).",
                    "Troponin was 6 ng/L.",
                ],
                [
                    "The artery was opened 70 minutes after the first contact.",
                    ("Troponin peaked after 12 hours, see Figure 2.", "F2"),
                ],
            ],
        ),
        ("Comment", [["A second sample after one hour would have been positive."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Twelve-lead electrocardiogram at arrival with raised ST segments in leads II, III "
            "and aVF "
            "and lowered ones in I and aVL.",
            (Media("ecg-fig1.png", lambda: c.ecg(501, ("II", "III", "aVF"), ("I", "aVL"))),),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Troponin in the first two days.",
            (
                Media(
                    "trop-fig2.png",
                    lambda: c.line_plot(
                        [[6, 410, 1650, 2900, 1900, 800]],
                        [0, 3, 6, 12, 24, 48],
                        ["Patient"],
                        ("Hours", "Troponin (ng/L)"),
                        3500,
                    ),
                ),
            ),
        ),
    ),
)
HEART_MANUSCRIPT = replace(
    HEART, version=1, licence="TDM", manuscript=True, has_media=False, preferred=False
)

SKIN = Article(
    number=6,
    title="Blue-white veil in a changing mole",
    licence="CC BY",
    kind="case-report",
    subject="Case Report",
    journal="Invented Skin Notes",
    authors=(("Kim", "Demo"),),
    keywords=("dermoscopy", "melanoma"),
    mesh=("Dermoscopy", "Melanoma"),
    cases=(
        "version 2 lists no media, version 1 is preferred",
        "compound figure, black letters outside",
    ),
    abstract="A changing mole is compared with one that did not change.",
    sections=(
        (
            "Background",
            [
                [
                    "Most moles never change.",
                    "A veil of blue and white over part of a mole is one of the signs that should "
                    "lead to its removal.",
                ],
                [
                    "We show a changing and an unchanged mole of the same invented woman, taken "
                    "on the same day with the same lens.",
                ],
            ],
        ),
        (
            "Observation",
            [
                [
                    "A mole on the back of a 52-year-old woman had grown within four months.",
                    "Dermoscopy showed an irregular border and a blue-white veil, and microscopy "
                    "showed "
                    "dense nests of cells ({F2|Fig. 2}A, B).",
                    "Her other moles had an even network ({F1|Fig. 1}).",
                ]
            ],
        ),
        ("Comment", [["Change over time was the main reason for removal."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Fig. 1",
            f"Dermoscopy of an unchanged mole with an even brown network, as others have "
            f"described {BIB}. "
            "Ruler in millimetres.",
            (Media("skin1.jpg", lambda: d.dermoscopy(603, regular=True)),),
        ),
        Figure(
            "F2",
            "Fig. 2",
            "(A) Dermoscopy of the changing mole with an irregular border and a blue-white veil. "
            "(B) Section of the same mole with dense cells (haematoxylin and eosin).",
            (Media("skin2.jpg", skin_and_section),),
        ),
    ),
)
SKIN_LATER = replace(SKIN, version=2, has_media=False, preferred=False)

RETRACTED = Article(
    number=7,
    title="RETRACTED: Invented kinase slows the growth of cultured cells",
    licence="CC BY",
    journal="Journal of Invented Medicine",
    authors=(("Lea", "Dummy"), ("Max", "Model")),
    retracted=True,
    related='<related-article related-article-type="retraction-forward" ext-link-type="pmc" '
    'xlink:href="PMC990000023"/>',
    cases=("retracted article", "TIFF picture", "GIF picture"),
    abstract="We treated cells with rising doses of an invented inhibitor.",
    sections=(
        (
            "Introduction",
            [
                [
                    "The invented kinase passes growth signals to the nucleus.",
                    "We asked whether blocking it slows cultured cells.",
                ],
            ],
        ),
        (
            "Methods",
            [
                [
                    "Two cell lines were grown for three days with four doses of the inhibitor.",
                    "Proteins were separated on a gel and stained with antibodies.",
                ],
            ],
        ),
        (
            "Results",
            [
                [
                    "The kinase became weaker with the dose while actin stayed the same "
                    "({F1|Figure 1}).",
                    "Growth fell in both cell lines ({F2|Figure 2}).",
                ]
            ],
        ),
        ("Discussion", [["The effect was larger than any published before."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Western blot of cells treated with 0, 1, 5 and 10 &#x003bc;M of the inhibitor; actin "
            "as loading control.",
            (
                Media(
                    "blot.tif",
                    lambda: c.gel(
                        701,
                        ["0", "1", "5", "10"],
                        [("Kinase", [0.95, 0.7, 0.35, 0.12]), ("Actin", [0.8, 0.82, 0.78, 0.8])],
                    ),
                ),
            ),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Growth of two cell lines after three days, relative to untreated cells.",
            (
                Media(
                    "growth.gif",
                    lambda: c.bar_plot(
                        ["0", "1", "5", "10"],
                        [[98, 97], [80, 85], [52, 61], [30, 38]],
                        ["Line A", "Line B"],
                        ("Dose (uM)", "Growth (%)"),
                        120,
                    ),
                ),
            ),
        ),
    ),
)

MANUSCRIPT = Article(
    number=8,
    title="Left ventricular size and outcome in an invented cohort",
    licence="TDM",
    journal="Archives of Imagined Cardiology",
    authors=(("Nils", "Placeholder"), ("Olga", "Example")),
    manuscript=True,
    has_media=False,
    has_doi=False,
    cases=("author manuscript alone (TDM)", "no DOI"),
    abstract="We followed 420 invented patients with a large heart for five years.",
    sections=(
        (
            "Introduction",
            [
                [
                    "The size of the heart shadow is easy to measure and cheap to follow.",
                ],
            ],
        ),
        (
            "Methods",
            [
                [
                    "Two readers measured the width of the heart on every radiograph.",
                    "Survival was compared with the log-rank test.",
                ],
            ],
        ),
        (
            "Results",
            [
                [
                    "Patients with a large heart shadow ({F1|Figure 1}) died earlier "
                    "({F2|Figure 2}).",
                    "The difference remained after adjustment for age.",
                ]
            ],
        ),
        ("Limitations", [["The cohort does not exist."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Chest radiograph of a cohort member with a large heart shadow.",
            (Media("nihms-f1.jpg", lambda: d.chest_xray(801, big_heart=True), "unlisted"),),
            hrefs=("nihms-f1",),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Survival of patients with a large and a normal heart shadow.",
            (
                Media(
                    "nihms-f2.jpg",
                    lambda: c.survival_plot(802, ["Normal", "Large"], "P = 0.01"),
                    "unlisted",
                ),
            ),
            hrefs=("nihms-f2",),
        ),
    ),
)

NO_DERIVATIVES = Article(
    number=9,
    title="Two phases of contrast in one liver lesion",
    licence="CC BY-ND",
    subject="Brief Report",
    journal="Invented Imaging Notes",
    authors=(("Paul", "Mock"), ("Qi", "Sample")),
    keywords=("liver", "contrast media"),
    cases=("CC BY-ND with a compound figure: no panel may be cut out",),
    abstract="The rim of a liver lesion takes up contrast medium early and loses it late.",
    sections=(
        (
            "Background",
            [
                [
                    "A lesion of the liver is often found by chance.",
                    "Its uptake of contrast medium over time says more than its size.",
                ],
                [
                    "Scans were made 35 and 70 seconds after the injection.",
                ],
            ],
        ),
        (
            "Report",
            [
                [
                    "Ultrasound of an invented 66-year-old man showed a simple cyst "
                    "({F1|Figure 1}).",
                    "Computed tomography showed a second lesion whose rim was bright early "
                    "({F2|Figure 2}A) and dark late ({F2|Figure 2}B).",
                ]
            ],
        ),
        ("Comment", [["The pattern should be sought in both phases."]]),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Ultrasound of the liver with a cyst and a bright band behind it.",
            (
                Media(
                    "liver1.jpg",
                    lambda: d.ultrasound(902, (560, 430), cyst=(0.1, 0.05, 0.16), words="LIVER"),
                ),
            ),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Axial computed tomography of the upper abdomen: (A) arterial phase, (B) venous phase.",
            (Media("liver2.jpg", liver_pair),),
        ),
    ),
)

DAMAGED = Article(
    number=10,
    title="Fractures of the radius in an invented emergency department",
    licence="CC BY-NC",
    journal="Journal of Invented Medicine",
    authors=(("Rosa", "Dummy"), ("Sam", "Demo")),
    keywords=("fracture", "radiography"),
    mesh=("Radius Fractures",),
    cases=(
        "picture missing",
        "picture truncated",
        "picture is a stub of 3 bytes",
        "wrong MD5 in the metadata",
        "JPEG turned by its EXIF orientation",
    ),
    abstract="We describe 80 invented fractures and the pictures that went wrong on the way.",
    sections=(
        (
            "Introduction",
            [
                [
                    "Fractures of the radius are the most common breaks seen in an emergency "
                    "department.",
                    "Most follow a fall on the outstretched hand.",
                ],
            ],
        ),
        (
            "Methods",
            [
                [
                    "Patients were chosen as in {F2|Figure 2}.",
                    "All radiographs were read by two readers.",
                ]
            ],
        ),
        (
            "Results",
            [
                [
                    "Most breaks lay in the lower third of the bone ({F1|Figure 1}).",
                    "The age of the patients is given in {F3|Figure 3}.",
                    "Pain fell within two weeks ({F4|Figure 4}), and grip came back later "
                    "({F5|Figure 5}).",
                ]
            ],
        ),
    ),
    figures=(
        Figure(
            "F1",
            "Figure 1",
            "Radiograph of the forearm with a displaced fracture of the lower third of the radius.",
            (Media("arm1.jpg", lambda: d.arrow(d.forearm_xray(1001), (165, 425), 180), "exif6"),),
        ),
        Figure(
            "F2",
            "Figure 2",
            "Choice of the patients.",
            (Media("arm2.jpg", lambda: b"", "missing"),),
        ),
        Figure(
            "F3",
            "Figure 3",
            "Age of the patients, by sex.",
            (
                Media(
                    "arm3.jpg",
                    lambda: c.bar_plot(
                        ["0-19", "20-39", "40-59", "60+"],
                        [[18, 9], [12, 8], [10, 14], [8, 30]],
                        ["Men", "Women"],
                        ("Age", "Patients"),
                        40,
                    ),
                    "broken",
                ),
            ),
        ),
        Figure(
            "F4", "Figure 4", "Pain score by week.", (Media("arm4.jpg", lambda: b"GIF", "stub"),)
        ),
        Figure(
            "F5",
            "Figure 5",
            "Grip strength by week, injured and healthy arm.",
            (
                Media(
                    "arm5.png",
                    lambda: c.line_plot(
                        [[4, 9, 16, 24], [36, 35, 37, 36]],
                        [2, 4, 8, 12],
                        ["Injured", "Healthy"],
                        ("Week", "Grip (kg)"),
                        50,
                    ),
                    "md5",
                ),
            ),
        ),
    ),
)

SMALL = (480, 380)
TEN: tuple[tuple[str, Callable[[], Image.Image]], ...] = (
    (
        "Chest radiograph with fluid on the right side.",
        lambda: d.chest_xray(1101, (430, 460), effusion=True),
    ),
    (
        "Axial computed tomography of the chest with fluid behind the right lung, "
        "soft tissue window.",
        lambda: d.ct_chest(1102, SMALL, effusion=True, soft_window=True),
    ),
    (
        "Axial computed tomography with ground-glass opacity in the left lung.",
        lambda: d.ct_chest(1103, SMALL, ground_glass=(0.55, 0.18, 0.26)),
    ),
    (
        "Chest radiograph with air around the left lung.",
        lambda: d.chest_xray(1104, (430, 460), pneumothorax=True),
    ),
    (
        "Computed tomography of the abdomen with a dark lesion in the liver.",
        lambda: d.ct_abdomen(1105, SMALL, (-0.55, -0.05, 0.13)),
    ),
    ("Ultrasound of a solid mass.", lambda: d.ultrasound(1106, SMALL, mass=(-0.1, 0.05, 0.19))),
    (
        "T1-weighted magnetic resonance image of a normal brain.",
        lambda: d.brain_mri(1107, "t1", (400, 430)),
    ),
    (
        "Retina with hard exudates around the macula.",
        lambda: d.fundus(1108, (430, 400), False, 0, 26),
    ),
    (
        "Optical coherence tomography with cystic fluid.",
        lambda: d.oct_scan(1109, (520, 270), fluid=True),
    ),
    (
        "Electrocardiogram with an irregular rhythm and no P waves.",
        lambda: c.ecg(1110, irregular=True),
    ),
)

REVIEW = Article(
    number=11,
    title="Ten pictures every house officer should know: a pictorial review",
    licence="CC BY-SA",
    kind="review-article",
    subject="Review",
    journal="Invented Imaging Notes",
    authors=(("Tess", "Model"), ("Umar", "Placeholder")),
    keywords=("education", "emergency imaging"),
    mesh=("Diagnostic Imaging", "Education, Medical"),
    cases=(
        "range with an en dash between two xrefs",
        "range with a hyphen between two xrefs",
        "several ids in one rid",
        "xref inside italic",
        "paragraph that cites three figures",
        "href without extension, full JPEG and GIF thumbnail",
        "href f1 beside f10",
    ),
    abstract="Ten common findings are shown, from the chest to the heart.",
    sections=(
        (
            "Introduction",
            [
                [
                    "A house officer on the night shift reads many pictures alone.",
                    "This review shows ten of them, each with the one sign that matters.",
                ],
            ],
        ),
        (
            "Chest and abdomen",
            [
                [
                    "Emergency imaging begins with the chest.",
                    (
                        "Fluid, haze and free air are the three findings not to miss "
                        "({F1|Figs. 1}–{F4|4}).",
                        "F2 F3",
                    ),
                    "Fluid on a radiograph can hide the lung base {F1|(Fig. 1)}.",
                ],
                [
                    ("The next three pictures leave the chest ({F5|Figures 5}-{F7|7}).", "F6"),
                    "A dark liver lesion needs a second phase.",
                ],
            ],
        ),
        (
            "Eye and heart",
            [
                [
                    "Exudates and fluid belong together ({F8 F9|Figs. 8 and 9}).",
                    "<italic>An irregular rhythm is easy to see (</italic><italic>{F10|Fig. 10}"
                    "</italic><italic>) once one looks for it.</italic>",
                ],
                [
                    "Free air is black in {F4|Figure 4}.",
                    "A mass is grey in {F6|Figure 6}.",
                    "Exudates are yellow in {F8|Figure 8}.",
                ],
            ],
        ),
    ),
    figures=tuple(
        Figure(
            f"F{n}",
            f"Fig. {n}",
            caption,
            (
                Media(f"rad-2026-0011.f{n}.jpg", draw),
                Media(f"rad-2026-0011.f{n}.gif", draw, "thumb", False),
            ),
            hrefs=(f"rad-2026-0011.f{n}",),
        )
        for n, (caption, draw) in enumerate(TEN, 1)
    ),
)

MATH = (
    "<inline-formula><alternatives><tex-math>\\documentclass{minimal}\\begin{document}$R^{2}$"
    "\\end{document}</tex-math><mml:math><mml:msup><mml:mi>R</mml:mi><mml:mn>2</mml:mn></mml:msup>"
    "</mml:math></alternatives></inline-formula>"
)

TRIAL = Article(
    number=12,
    title="Home oxygen in an invented randomised trial",
    licence="CC BY-NC-ND",
    journal="Journal of Invented Medicine",
    authors=(("Vera", "Example"), ("Wim", "Demo"), ("Xenia", "Sample")),
    keywords=("oxygen", "randomised controlled trial"),
    mesh=("Oxygen Inhalation Therapy", "Randomized Controlled Trial"),
    cases=(
        "figures in floats-group",
        "figure inside a paragraph",
        "caption with title and several paragraphs",
        "sub and sup in a caption",
        "MathML with tex-math in a caption",
        "inline-graphic in a caption",
        "list in a caption",
        "supplementary-material in a caption",
        "palette PNG with transparency",
    ),
    others=(
        Media("star.gif", lambda: Image.new("L", (12, 12), 90), "thumb"),
        Media("trial-s1.csv", lambda: b"id,arm,pco2\n1,home,5.1\n2,usual,6.0\n"),
    ),
    not_figures=("star.gif", "trial-s1.csv"),
    abstract="Two hundred invented patients were given oxygen at home or usual care.",
    sections=(
        (
            "Introduction",
            [
                [
                    "Oxygen at home lengthens life in people with severe lung disease.",
                    "Whether it helps in milder disease is not known.",
                ],
            ],
        ),
        (
            "Methods",
            [
                [
                    "Of 260 people who were asked, 200 took part ({tf1|Figure 1}).",
                    "Blood gases were measured every month.",
                ]
            ],
        ),
        (
            "Results",
            [
                [
                    "Survival was better with oxygen at home ({tf2|Figure 2}).",
                    "CO<sub>2</sub> in the blood fell in the same group ({tf3|Figure 3}).",
                ],
                [
                    "Walking distance grew with the hours of use ({tf4|Figure 4}).",
                    "Nobody was harmed.",
                ],
            ],
        ),
    ),
    figures=(
        Figure(
            "tf1",
            "Figure 1",
            "# Flow of the participants\nPeople were excluded for these reasons:<list "
            'list-type="bullet">'
            "<list-item><p>no consent (n = 38)</p></list-item><list-item><p>smoking (n = 22)</p>"
            "</list-item></list>",
            (
                Media(
                    "trial-g1.png",
                    lambda: c.flow_chart(
                        ["Asked\n(n = 260)", "Consented\n(n = 222)", "Took part\n(n = 200)"],
                        ["No consent\n(n = 38)", "Smoking\n(n = 22)"],
                    ),
                    "palette",
                ),
            ),
            truth="Flow of the participants\nPeople were excluded for these reasons:\nno consent "
            "(n = 38)\nsmoking (n = 22)",
            place="float",
        ),
        Figure(
            "tf2",
            "Figure 2",
            "# Survival of both groups.\nShort vertical marks stand for people who left the "
            "trial.\n"
            "The difference was tested with the log-rank test (<italic>P</italic> = 4 &#x000d7; "
            "10<sup>&#x02212;3</sup>).",
            (
                Media(
                    "trial-g2.png",
                    lambda: c.survival_plot(1202, ["Home oxygen", "Usual care"], "P = 0.004"),
                ),
            ),
            place="float",
        ),
        Figure(
            "tf3",
            "Figure 3",
            "CO<sub>2</sub> and HCO<sub>3</sub><sup>&#x02212;</sup> in arterial blood "
            '<inline-graphic xlink:href="star.gif"/> after six months.'
            '<supplementary-material id="tf3s1"><label>Figure 3&#x02014;source data '
            "1.</label><caption>"
            '<p>Blood gases of every participant.</p></caption><media xlink:href="trial-s1.csv"/>'
            "</supplementary-material>",
            (
                Media(
                    "trial-g3.png",
                    lambda: c.bar_plot(
                        ["pCO2 (kPa)", "HCO3 (mmol/10)"],
                        [[5.1, 6.0], [2.5, 2.9]],
                        ["Home oxygen", "Usual care"],
                        ("Measure", "Value"),
                        10,
                    ),
                ),
            ),
            truth="CO₂ and HCO₃⁻ in arterial blood after six months.",
            place="float",
        ),
        Figure(
            "tf4",
            "Figure 4",
            f"Walking distance against hours of oxygen a day; {MATH} = 0.87 for the fitted line.",
            (
                Media(
                    "trial-g4.png",
                    lambda: c.scatter_plot(1204, ("Hours a day", "Gain (m)"), "R2 = 0.87"),
                ),
            ),
            truth="Walking distance against hours of oxygen a day; R² = 0.87 for the fitted line.",
            place="inside",
        ),
    ),
)

ARTICLES = (
    SIMPLE,
    RETINA,
    THYROID,
    GLIOMA,
    HEART_MANUSCRIPT,
    HEART,
    SKIN,
    SKIN_LATER,
    RETRACTED,
    MANUSCRIPT,
    NO_DERIVATIVES,
    DAMAGED,
    REVIEW,
    TRIAL,
)
