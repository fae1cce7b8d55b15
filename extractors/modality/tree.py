"""The tree of picture kinds: groups, and the leaves that the column `modality` holds.

Diagnostic kinds follow ImageCLEF's figure classification (Garcia Seco de Herrera et al.,
ImageCLEF 2013 and 2016): radiology, visible light, microscopy, printed signals and 3D
reconstructions are made of a patient or a specimen; charts, gels, tables and drawings are not.
A compound figure has the kind that covers most of it; phylogenetic trees, Venn diagrams and gene
sequences are diagrams, the photograph of an excised organ is a clinical photograph. Whether a
micrograph, a rendering or a photograph is medical depends on its subject too: see `judge`.
"""

from __future__ import annotations

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """A leaf of the tree. `medical`: such a picture shows a patient or a specimen."""

    name: str
    group: str
    title: str
    medical: bool


KINDS = (
    Kind("radiography", "radiology", "X-ray", True),
    Kind("mammography", "radiology", "mammogram, also tomosynthesis", True),
    Kind("ct", "radiology", "computed tomography, also CT angiography", True),
    Kind("mri", "radiology", "magnetic resonance, also MR angiography", True),
    Kind("ultrasound", "radiology", "ultrasound, also echocardiography and Doppler", True),
    Kind("nuclear", "radiology", "PET, SPECT, scintigraphy, also fused with CT or MR", True),
    Kind("angiography", "radiology", "catheter angiography, fluoroscopy, contrast swallow", True),
    Kind("fundus", "ophthalmology", "fundus photograph, also fluorescein angiography", True),
    Kind("oct", "ophthalmology", "optical coherence tomography", True),
    Kind("endoscopy", "visible_light", "endoscopy, laparoscopy, capsule, otoscopy", True),
    Kind("dermoscopy", "visible_light", "dermoscopic picture of skin", True),
    Kind(
        "clinical_photo",
        "visible_light",
        "photograph of patient, organ, operation; slit lamp",
        True,
    ),
    Kind("histopathology", "microscopy", "stained tissue section, also immunostained", True),
    Kind("cytology", "microscopy", "smear of single cells, also blood film", True),
    Kind("light_microscopy", "microscopy", "any other light microscopy", True),
    Kind("fluorescence_microscopy", "microscopy", "fluorescence and confocal microscopy", True),
    Kind("electron_microscopy", "microscopy", "transmission, scanning, also atomic force", True),
    Kind("gel_blot", "laboratory", "gel, blot, membrane", False),
    Kind("signal", "laboratory", "ECG, EEG and other traces of a patient", True),
    Kind("chart", "graphic", "plot of numbers, spectrum, heat map", False),
    Kind("diagram", "graphic", "drawing, flow chart, map, tree, formula, sequence", False),
    Kind("render_3d", "graphic", "3D reconstruction or model, protein structure", False),
    Kind("table_or_screen", "graphic", "table, text, equation, screenshot", False),
    Kind("other", "other", "anything else, such as a photograph of plants or apparatus", False),
)

KIND_OF = {kind.name: kind for kind in KINDS}
GROUPS = tuple(dict.fromkeys(kind.group for kind in KINDS))


def group_of(name: str) -> str:
    """The group of a leaf; empty for an empty name. Raises KeyError for an unknown one."""
    return KIND_OF[name].group if name else ""
