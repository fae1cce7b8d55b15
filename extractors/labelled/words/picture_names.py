"""What pictures and what they show are called: nouns by technique, other words for the same."""

from __future__ import annotations

from extractors.modality.place import BODY_PARTS

# Other words for the same picture, that say no more and no less.
SAME = (
    ("X-ray", "radiograph", "X-ray image", "X-ray film", "film"),
    ("CT scan", "computed tomography scan", "CT image", "computed tomogram"),
    ("CT slice", "computed tomography slice", "CT image", "CT section"),
    ("MRI scan", "MR image", "magnetic resonance image", "MRI"),
    ("MRI slice", "MR slice", "MR image", "MR section"),
    ("ultrasound image", "ultrasound scan", "sonographic image", "sonogram"),
    ("fundus photograph", "fundus image", "retinal photograph", "fundus photo"),
    ("OCT scan", "OCT image", "optical coherence tomography scan"),
    ("optical coherence tomography image", "OCT image", "OCT scan"),
    ("endoscopic image", "endoscopy image", "endoscopic picture", "endoscopic view"),
    ("colonoscopy image", "colonoscopic image", "colonoscopic view", "colonoscopy picture"),
    ("dermoscopic image", "dermoscopy image", "dermatoscopic image", "dermatoscopy picture"),
    ("clinical photograph", "clinical photo", "clinical picture"),
    ("histopathology image", "histological image", "histopathology picture", "tissue micrograph"),
    ("mammogram", "mammographic image", "mammography image"),
    ("blood smear image", "blood film image", "micrograph of a blood smear"),
)
LONG = {"PA": "posteroanterior", "AP": "anteroposterior"}
# A whole part of the body is not what a microscope or an endoscope shows.
PARTS = tuple(
    part for part in BODY_PARTS if part not in ("eye", "heart", "skin", "teeth", "breast")
)
SHOWN_ANYHOW = {
    "fundus": ("eye", "retina"),
    "oct": ("eye", "retina"),
    "dermoscopy": ("skin",),
    "mammography": ("breast",),
    "cytology": ("blood",),
    "endoscopy": PARTS,
    "histopathology": PARTS,
    "light_microscopy": PARTS,
    "fluorescence_microscopy": PARTS,
    "electron_microscopy": PARTS,
}
BODY_WORDS = {
    "chest": ("chest", "thora"),
    "head": ("head", "brain", "crani", "skull"),
    "heart": ("heart", "cardi", "echocardi"),
}
PAIRED = {"eye": "eye", "breast": "breast", "upper_limb": "upper limb", "lower_limb": "lower limb"}
