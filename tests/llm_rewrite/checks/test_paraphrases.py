"""Captions in other words: faithful ones pass, one changed thing in any of them is found."""

import pytest

from tests.llm_rewrite.checks.found import reasons

_PAIRS = (
    (
        "Photomicrograph showing spindle cells arranged in fascicles (H&E, ×200).",
        "Spindle cells form bundles in this H&E-stained section (×200).",
    ),
    (
        "Axial T2-weighted MRI demonstrates a hyperintense lesion in the right frontal lobe with surrounding edema.",
        "On an axial T2-weighted MR image there is a bright lesion in the right frontal lobe, with oedema around it.",
    ),
    (
        "Chest X-ray shows bilateral pleural effusions and cardiomegaly.",
        "The chest radiograph depicts fluid in both pleural spaces and an enlarged heart.",
    ),
    (
        "Intraoperative photograph showing the excised mass measuring 5 × 4 cm.",
        "The mass that was cut out, 5 by 4 cm, photographed during surgery.",
    ),
    (
        "Kaplan-Meier curves for overall survival of patients with high (red) and low (blue) expression of BRCA1.",
        "Overall survival of patients by BRCA1 expression, high in red and low in blue, as Kaplan-Meier curves.",
    ),
    (
        "No evidence of metastasis was found in the liver, and the spleen was enlarged.",
        "The spleen was enlarged; in the liver no metastases were found.",
    ),
    (
        "Western blot analysis of p53 in HeLa cells treated with 10 µM nutlin for 24 h.",
        "HeLa cells were treated for one day with 10 µM nutlin and p53 was examined by Western blotting.",
    ),
    (
        "Panoramic radiograph showing a well-defined radiolucent lesion in the left mandible (arrow).",
        "An arrow marks a sharply bordered radiolucency of the left lower jaw on a panoramic radiograph.",
    ),
    (
        "Endoscopic view of the duodenum revealing a submucosal tumor with central ulceration.",
        "During endoscopy a submucosal tumour, ulcerated at its centre, is visible in the duodenum.",
    ),
    (
        "Fundus photograph of the left eye showing multiple drusen at the macula.",
        "Numerous drusen lie at the macula in this fundus picture of the left eye.",
    ),
    (
        "Flow diagram of the study: 120 patients screened, 85 enrolled, 80 analysed.",
        "Of 120 patients screened, 85 took part in the study and data of 80 were analysed (flow chart).",
    ),
    (
        "Ultrasound of the abdomen shows gallstones with posterior acoustic shadowing.",
        "Stones in the gallbladder cast an acoustic shadow behind them on abdominal ultrasonography.",
    ),
    (
        "The arrow indicates a filling defect in the left main pulmonary artery, consistent with pulmonary embolism.",
        "A filling defect of the left main pulmonary artery (arrow) is compatible with pulmonary embolism.",
    ),
    (
        "Scanning electron micrograph of the surface of the scaffold. Scale bar = 10 μm.",
        "The scaffold's surface under a scanning electron microscope; the bar stands for 10 µm.",
    ),
    (
        "Clinical photograph of the patient before surgery showing swelling on the right side of the face.",
        "Before the operation, the right half of the patient's face was swollen.",
    ),
    (
        "Relative abundance of bacterial phyla in stool samples of control (n = 12) and treated (n = 15) mice.",
        "How abundant bacterial phyla are, relative to one another, in stools of 12 control and 15 treated mice.",
    ),
    (
        "CT scan showing a hypodense lesion in segment VI of the liver without contrast enhancement.",
        "A hypodense lesion in liver segment VI does not take up contrast on CT.",
    ),
    (
        "Immunohistochemistry shows strong nuclear staining for ER and absence of HER2 staining.",
        "By immunohistochemistry nuclei stain strongly for ER; HER2 does not stain.",
    ),
    (
        "Growth curves of the wild type (black circles) and the mutant (white squares) at 37 °C.",
        "Growth at 37 °C of the wild type, drawn as black circles, and of the mutant, as white squares.",
    ),
    (
        "X-ray of the left wrist shows a displaced fracture of the distal radius.",
        "Left wrist radiograph: the distal radius is broken and the fragments are displaced.",
    ),
    (
        "Mean arterial pressure decreased from 95 to 70 mmHg after the injection.",
        "After the injection, mean arterial pressure fell from 95 mmHg to 70 mmHg.",
    ),
    (
        "Genome map of the plasmid showing the positions of resistance genes (arrows).",
        "Arrows on a map of the plasmid show where the genes for resistance lie.",
    ),
    (
        "The tumour was negative for S100 and positive for CD34.",
        "The tumor expressed CD34 but not S100.",
    ),
    (
        "Gross appearance of the resected specimen with a yellowish cut surface.",
        "The resected specimen to the naked eye, yellowish on its cut surface.",
    ),
    (
        "Post-contrast CT image with a ring-enhancing mass suggestive of abscess.",
        "A mass with a rim that enhances, suspicious of an abscess, on contrast-enhanced CT.",
    ),
)
_FAULTY = (
    (0, "Spindle cells form bundles with mitoses in this H&E-stained section (×200)."),
    (0, "Spindle cells form bundles in this H&E-stained section (×400)."),
    (
        1,
        "On an axial T2-weighted MR image there is a dark lesion in the right frontal lobe, with oedema around it.",
    ),
    (
        1,
        "On an axial T2-weighted MR image there is a bright lesion in the left frontal lobe, with oedema around it.",
    ),
    (
        1,
        "On a coronal T2-weighted MR image there is a bright lesion in the right frontal lobe, with oedema around it.",
    ),
    (
        1,
        "On an axial T2-weighted MR image there is a bright lesion in the right parietal lobe, with oedema around it.",
    ),
    (2, "The chest radiograph depicts fluid in the right pleural space and an enlarged heart."),
    (3, "The mass that was cut out, 5 by 6 cm, photographed during surgery."),
    (3, "The mass that was cut out, 5 by 4 mm, photographed during surgery."),
    (
        4,
        "Overall survival of patients by BRCA1 expression, high in blue and low in red, as Kaplan-Meier curves.",
    ),
    (
        4,
        "Overall survival of patients by BRCA2 expression, high in red and low in blue, as Kaplan-Meier curves.",
    ),
    (5, "The spleen was enlarged; in the liver metastases were found."),
    (5, "The spleen was of normal size; in the liver no metastases were found."),
    (5, "The spleen was not enlarged; in the liver no metastases were found."),
    (
        6,
        "HeLa cells were treated for two days with 10 µM nutlin and p53 was examined by Western blotting.",
    ),
    (
        6,
        "HeLa cells were treated for one day with 10 mM nutlin and p53 was examined by Western blotting.",
    ),
    (
        6,
        "HEK293 cells were treated for one day with 10 µM nutlin and p53 was examined by Western blotting.",
    ),
    (
        7,
        "An arrow marks a poorly bordered radiolucency of the left lower jaw on a panoramic radiograph.",
    ),
    (
        7,
        "An arrow marks a sharply bordered radiopacity of the left lower jaw on a panoramic radiograph.",
    ),
    (8, "During endoscopy a mucosal tumour, ulcerated at its edge, is visible in the jejunum."),
    (9, "Few drusen lie at the macula in this fundus picture of the left eye."),
    (11, "Stones in the gallbladder cast no acoustic shadow on abdominal ultrasonography."),
    (12, "A filling defect of the left main pulmonary artery (arrow) proves pulmonary embolism."),
    (12, "A filling defect of the left main pulmonary artery (arrow) is due to a tumor thrombus."),
    (
        13,
        "The scaffold's surface under a transmission electron microscope; the bar stands for 10 µm.",
    ),
    (13, "The scaffold's surface under a scanning electron microscope; the bar stands for 10 nm."),
    (14, "After the operation, the right half of the patient's face was swollen."),
    (
        15,
        "How abundant bacterial phyla are, relative to one another, in stools of 15 control and 12 treated mice.",
    ),
    (
        15,
        "How abundant fungal phyla are, relative to one another, in stools of 12 control and 15 treated mice.",
    ),
    (16, "A hypodense lesion in liver segment VII does not take up contrast on CT."),
    (16, "A hypodense lesion in liver segment VI takes up contrast on CT."),
    (17, "By immunohistochemistry nuclei stain strongly for HER2; ER does not stain."),
    (17, "By immunohistochemistry nuclei stain weakly for ER; HER2 does not stain."),
    (
        18,
        "Growth at 37 °C of the wild type, drawn as white squares, and of the mutant, as black circles.",
    ),
    (
        18,
        "Growth at 73 °C of the wild type, drawn as black circles, and of the mutant, as white squares.",
    ),
    (19, "Left wrist radiograph: the proximal radius is broken and the fragments are displaced."),
    (19, "Left wrist radiograph: the distal ulna is broken and the fragments are displaced."),
    (20, "After the injection, mean arterial pressure rose from 70 mmHg to 95 mmHg."),
    (20, "Before the injection, mean arterial pressure fell from 95 mmHg to 70 mmHg."),
    (22, "The tumor expressed S100 but not CD34."),
    (22, "The tumor expressed CD34 and S100."),
    (24, "A mass with a rim that enhances, an abscess, on contrast-enhanced CT."),
    (
        24,
        "A mass with a rim that does not enhance, suspicious of an abscess, on contrast-enhanced CT.",
    ),
    (24, "A mass with a rim that enhances, suspicious of a metastasis, on contrast-enhanced CT."),
    (24, "A mass with a rim that enhances, suspicious of an abscess, on contrast-enhanced MRI."),
)


@pytest.mark.parametrize(("source", "text"), _PAIRS)
def test_a_faithful_paraphrase_passes(source: str, text: str) -> None:
    assert not reasons(source, text)


@pytest.mark.parametrize(("place", "text"), _FAULTY)
def test_one_changed_thing_is_found(place: int, text: str) -> None:
    assert reasons(_PAIRS[place][0], text, keep=False)
