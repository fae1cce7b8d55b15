"""Sentences per kind of picture, for a zero-shot classifier that compares them with pixels.

Several per leaf: the mean of their text embeddings stands for the leaf (Radford et al. 2021,
"prompt ensembling"; the wording of figures follows PMC captions, as in BiomedCLIP).
"""

from __future__ import annotations

TEMPLATES = ("{}", "this is {}", "{} presented in image", "a figure showing {}")

PROMPTS: dict[str, tuple[str, ...]] = {
    "radiography": (
        "a plain X-ray radiograph",
        "a chest X-ray",
        "an anteroposterior radiograph of a bone",
        "a panoramic dental radiograph",
    ),
    "mammography": ("a mammogram of the breast", "a digital breast tomosynthesis image"),
    "ct": (
        "an axial computed tomography (CT) scan",
        "a contrast-enhanced abdominal CT image",
        "a chest CT in lung window",
        "a coronal CT reconstruction",
    ),
    "mri": (
        "a magnetic resonance image (MRI)",
        "a T1-weighted MRI of the brain",
        "a sagittal T2-weighted MRI of the spine",
        "a cardiac magnetic resonance image",
    ),
    "ultrasound": (
        "an ultrasound image",
        "a transthoracic echocardiogram",
        "a color Doppler sonogram",
    ),
    "nuclear": (
        "a positron emission tomography (PET) scan",
        "a fused PET/CT image",
        "a bone scintigraphy",
        "a SPECT image",
    ),
    "angiography": (
        "a digital subtraction angiogram",
        "a coronary angiogram",
        "a fluoroscopic image with contrast",
        "a barium swallow study",
    ),
    "fundus": (
        "a color fundus photograph of the retina",
        "a fluorescein angiogram of the fundus",
    ),
    "oct": (
        "an optical coherence tomography (OCT) scan of the retina",
        "a macular OCT B-scan",
    ),
    "endoscopy": (
        "an endoscopic image of the gastrointestinal tract",
        "a colonoscopy image of a polyp",
        "a laparoscopic view during surgery",
        "a bronchoscopy image",
    ),
    "dermoscopy": ("a dermoscopic image of a skin lesion", "a dermatoscopy picture of a nevus"),
    "clinical_photo": (
        "a clinical photograph of a patient",
        "an intraoperative photograph",
        "an intraoral photograph of teeth",
        "a photograph of a gross surgical specimen",
        "a slit-lamp photograph of an eye",
    ),
    "histopathology": (
        "a histopathology slide stained with hematoxylin and eosin",
        "an immunohistochemistry image of a tissue section",
        "a photomicrograph of a biopsy",
    ),
    "cytology": (
        "a cytology smear",
        "a Giemsa-stained peripheral blood smear",
        "a Pap smear of cervical cells",
    ),
    "light_microscopy": (
        "a bright-field light micrograph",
        "a phase-contrast microscopy image of cultured cells",
    ),
    "fluorescence_microscopy": (
        "a fluorescence microscopy image of cells",
        "a confocal image of immunofluorescence with DAPI",
    ),
    "electron_microscopy": (
        "a transmission electron micrograph",
        "a scanning electron microscopy image",
    ),
    "gel_blot": ("a Western blot", "an agarose gel electrophoresis", "protein bands on a gel"),
    "signal": (
        "an electrocardiogram (ECG) tracing",
        "an electroencephalogram (EEG) recording",
        "a physiological signal trace",
    ),
    "chart": (
        "a bar chart",
        "a line graph",
        "a scatter plot",
        "a Kaplan-Meier survival curve",
        "a heat map",
        "a forest plot",
    ),
    "diagram": (
        "a schematic diagram",
        "a flow chart",
        "an illustration of a signaling pathway",
        "a map of a study area",
        "a phylogenetic tree",
        "a chemical structure",
    ),
    "render_3d": (
        "a 3D reconstruction",
        "a three-dimensional rendering of a protein structure",
        "a volume-rendered model of bones",
    ),
    "table_or_screen": (
        "a table of numbers and text",
        "a screenshot of a software interface",
        "a page of text",
    ),
    "other": (
        "a photograph of plants or animals in nature",
        "a photograph of laboratory apparatus",
        "a photograph of a landscape",
    ),
}


def prompts_of(kind: str) -> list[str]:
    """Every sentence of a leaf in every template. Raises KeyError for an unknown leaf."""
    return [template.format(phrase) for phrase in PROMPTS[kind] for template in TEMPLATES]
