"""Words that stand for more than one thing, and what each may be said of.

A line is a word and what implies it: a text may say "lung" where the source has a lobe of it, or
"tumor" of any -oma. `+oma` is an ending. What implies it is not thereby kept: a source's glioma
is lost in "tumor".
"""

from __future__ import annotations

import functools

from llm_rewrite.checks.stems import key
from llm_rewrite.checks.terms import listed

_IMPLIED = """
tumor: +oma cancer metastasis blastoma leukemia mass lesion neoplasia
cancer: +oma tumor malignant metastasis
mass: +oma tumor cyst lesion growth lump swelling polyp
lesion: +oma +osis tumor cyst mass nodule metastasis abscess ulcer defect plaque infarction opacity focus
lesion: polyp granuloma vegetation erosion fracture tear malformation aneurysm fistula papule macule
lesion: cavity destruction uptake bulla vesicle swelling hemorrhage stone consolidation
nodule: lesion papule tubercle
cyst: pseudocyst hydatid
infection: +itis pneumonia abscess tuberculosis sepsis virus bacterium fungus parasite candida
infection: histoplasma aspergillus cryptococcus septic endocarditis infected osteomyelitis larva malaria
inflammation: +itis
surgery: +ectomy +plasty +otomy +ostomy resection transplant repair implant graft bypass fixation
surgery: laparoscopy laparoscopic thoracoscopy arthroscopy preoperative postoperative intraoperative
resection: +ectomy removal
removal: +ectomy resection
implant: stent prosthesis screw plate device electrode coil pacemaker
prosthesis: arthroplasty implant valve
screw: fixation
hemorrhage: hematoma
contrast: gadolinium enhancement barium angiogram angiography iodine opacification spill +graph
enhancement: contrast postcontrast gadolinium
artery: angiogram aorta carotid lad rca arterial vessel embolus embolism
vessel: artery vein aorta vascular venule arteriole angiogram venogram
bone: vertebra femur rib fracture tibia fibula humerus radius ulna skull mandible maxilla sternum
bone: clavicle scapula sacrum pelvis metacarpal metatarsal phalanx patella osteolytic osteotomy ossification
lung: lobe bronchus pleura pneumonia pneumothorax hilum alveolus chest pneumocyte lingula
ear: hearing cochlea tympanic otitis audiogram audiometry
eye: retina cornea hypertelorism eyelid orbit lens optic macula fundus vision iris pupil
colon: sigmoid cecum colocolonic colonoscopy rectosigmoid flexure colitis
bowel: colon ileum jejunum duodenum intussusception ileus sigmoid cecum rectum loop appendix
heart: ventricle atrium mitral myocardium cardiomegaly echocardiogram valve pericardium coronary
brain: cerebrum cerebellum hemisphere thalamus frontal parietal temporal occipital hippocampus glioma
spine: vertebra disc lumbar cord
skin: epidermis dermis rash
tooth: incisor molar premolar canine
mouth: intraoral tongue palate gingiva buccal lip
leg: tibia fibula calf thigh femur knee
arm: humerus radius forearm elbow
hand: finger metacarpal thumb
foot: toe metatarsal
head: skull brain face
abdomen: liver spleen pancreas bowel kidney stomach peritoneum
chest: lung thorax pleura mediastinum
node: lymphadenopathy adenopathy
lymph: lymphadenopathy adenopathy
kidney: nephrectomy nephritis hydronephrosis ureter pyelonephritis
liver: hepatectomy hepatitis hepatocyte hepatocellular cirrhosis
blood: bleeding hemorrhage hematoma serum plasma erythrocyte leukocyte circulating circulation
fluid: effusion ascites edema liquid
gas: air emphysema pneumothorax pneumatosis pneumomediastinum
microscopy: confocal micrograph immunofluorescence histology hematoxylin
air: gas pneumothorax pneumoperitoneum emphysema
dilation: hydronephrosis ectasia aneurysm megaureter
enlargement: +megaly hypertrophy hyperplasia increase swelling
collapse: atelectasis
narrowing: constriction compression taper
swelling: edema enlargement
thickening: thick hypertrophy
stone: +lithiasis
pregnancy: gestation fetus trimester pregnant
child: boy girl infant newborn
man: male
woman: female
disease: lesion tumor infection cancer fracture +oma +osis +itis +pathy syndrome
stain: hematoxylin eosin trichrome pas giemsa immunohistochemistry gram
immunohistochemistry: immunostain antibody immunoreactive immunoperoxidase positive ki cytokeratin
histology: hematoxylin histopathology section microscopic biopsy specimen
biopsy: histology histopathology aspiration
photograph: picture photo macroscopic gross intraoral extraoral clinical
radiograph: film xray panoramic orthopantomogram pa ap
micrograph: microscopy
film: radiograph pa ap
jaw: maxilla mandible orthopantomogram panoramic dental
opacity: density infiltrate consolidation attenuation shadow
abnormality: lesion defect
ct: tomography cect ncct hrct mdct cbct cta msct
mri: magnetic mr flair dwi
catheter: line cannula tube
treatment: drug chemotherapy radiotherapy
transplant: graft
ischemia: infarction
blockage: stop cutoff
tear: rupture
trauma: traumatized accident
necrosis: necrotizing
vein: vena cava venous thrombophlebitis thrombosis
prominent: marked
malformation: anomaly
wall: mural
growth: mass
drug: medication
serum: plasma blood
fungus: fungal mycosis candida histoplasma cryptococcus aspergillus pas
nucleus: nuclear
heel: calcaneus
projection: protrusion
"""

# Either may stand for the other without a loss.
_SAME = (
    ("contrast", "enhancement"), ("contrast", "gadolinium"), ("stain", "immunohistochemistry"),
    ("lung", "chest"), ("hemorrhage", "hematoma"), ("surgery", "resection"), ("eye", "orbit"),
    ("man", "male"), ("woman", "female"), ("vessel", "artery"), ("tumor", "cancer"),
    ("tumor", "mass"), ("lesion", "mass"), ("node", "lymphadenopathy"), ("bowel", "loop"),
    ("implant", "prosthesis"), ("blockage", "stop"), ("air", "gas"), ("trauma", "fracture"),
    ("radiograph", "film"), ("swelling", "edema"), ("child", "boy"), ("child", "girl"),
    ("child", "infant"), ("histology", "biopsy"), ("histology", "section"), ("disc", "disk"),
    ("orthopantomogram", "panoramic"), ("jaw", "mandible"), ("jaw", "maxilla"), ("wound", "stab"),
    ("opacity", "density"), ("opacity", "attenuation"), ("spill", "spillage"), ("fluid", "effusion"),
    ("fluid", "chyle"), ("fluid", "pus"), ("fluid", "ascites"), ("fluid", "blood"),
    ("micrograph", "microscopy"), ("parasite", "falciparum"), ("parasite", "plasmodium"),
    ("removal", "resection"), ("removal", "drainage"),
    ("narrowing", "stricture"), ("opacity", "cloud"), ("limb", "leg"), ("limb", "arm"),
    ("pneumatosis", "gas"), ("sulcus", "groove"), ("recurrence", "regrown"), ("recurrence", "returned"),
    ("disease", "syndrome"), ("disease", "disorder"), ("fungus", "histoplasma"),
)  # fmt: skip
# A word and what it says in plain words: all of one of the lists.
_PLAINLY: dict[str, tuple[str, ...]] = {
    "echocardiogram": ("ultrasound heart",),
    "recurrence": ("come back", "came back", "returned"),
    "hyperintense": ("bright",),
    "hypointense": ("dark",),
    "cardiomegaly": ("heart enlargement", "heart large", "heart big"),
    "hepatomegaly": ("liver enlargement", "liver large"),
    "splenomegaly": ("spleen enlargement", "spleen large"),
    "hepatosplenomegaly": ("liver spleen enlargement",),
    "lymphadenopathy": ("lymph node enlargement", "node enlargement", "lymph node"),
    "nephrolithiasis": ("kidney stone",),
    "urolithiasis": ("ureter stone", "urinary stone"),
    "cholelithiasis": ("gallbladder stone", "gallstone"),
    "cholecystolithiasis": ("gallbladder stone", "gallstone"),
    "gallstone": ("gallbladder stone", "cholelithiasis"),
    "sialolithiasis": ("salivary stone",),
    "anodontia": ("absence tooth", "missing tooth"),
    "pneumothorax": ("air pleura", "air pleural"),
    "pneumoperitoneum": ("free air", "air peritoneum", "free gas"),
    "pneumocephalus": ("air intracranial", "air skull", "gas intracranial"),
    "hydronephrosis": ("dilation kidney", "dilation pelvicalyceal", "dilation collecting"),
    "ascites": ("fluid peritoneum", "fluid abdomen", "free fluid"),
    "hemothorax": ("blood pleura", "blood chest"),
    "hemoperitoneum": ("blood peritoneum",),
    "atelectasis": ("collapse lung", "collapse lobe"),
    "scoliosis": ("spine curvature", "lateral curvature"),
    "thrombosed": ("clot",),
    "leukoplakia": ("white patch",),
    "erythematous": ("red", "redness"),
    "erythema": ("red", "redness"),
    "pigmented": ("dark", "pigmentation"),
    "edentulous": ("tooth absence", "tooth missing", "toothless"),
    "hypertelorism": ("eye wide", "eye widely"),
    "hepatitis": ("liver inflammation",),
    "nephritis": ("kidney inflammation",),
    "sinusitis": ("sinus inflammation",),
    "appendicitis": ("appendix inflammation",),
    "osteolytic": ("bone destruction", "lytic bone"),
    "pathological": ("abnormal",),
    "arthroplasty": ("joint replacement", "hip replacement", "knee replacement", "prosthesis"),
    "nephrectomy": ("kidney removal",),
    "hysterectomy": ("uterus removal",),
    "splenectomy": ("spleen removal",),
    "cholecystectomy": ("gallbladder removal",),
    "appendectomy": ("appendix removal",),
    "mastectomy": ("breast removal",),
    "craniotomy": ("skull open",),
    "stenotic": ("narrowing",),
    "subcutaneous": ("skin",),
    "gross": ("naked eye",),
    "macroscopic": ("naked eye",),
    "bilaterally": ("both",),
}
_MORE = listed("""
    increased increase high higher elevated bright brighter raised intense hot
    """)
_LESS = listed("decreased decrease low lower reduced dark darker diminished cold poor")
_EQUAL = listed("same similar equal identical")
_ALSO = {"inte": "signal", "dens": "attenuat", "atte": "dens", "echo": "echo"}
_LEVELS = {"hyper": _MORE, "hypo": _LESS, "iso": _EQUAL}


@functools.cache
def _implying() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for line in _IMPLIED.strip().split("\n"):
        word, _, rest = line.partition(":")
        own = table.setdefault(key(word), [])
        own += [part if part[0] == "+" else key(part) for part in rest.split()]
    return {word: tuple(parts) for word, parts in table.items()}


@functools.cache
def _equals() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for one, two in _SAME:
        table.setdefault(key(one), set()).add(key(two))
        table.setdefault(key(two), set()).add(key(one))
    return {word: frozenset(others) for word, others in table.items()}


def implied(k: str, known: frozenset[str]) -> bool:
    """Whether any of the known keys is narrower than a key, or says the same."""
    for narrower in _implying().get(k, ()):
        if narrower in known:
            return True
        if narrower[0] == "+" and any(other.endswith(narrower) for other in known):
            return True
    return same(k, known)


def same(k: str, known: frozenset[str]) -> bool:
    """Whether any of the known keys says the same as a key."""
    return not _equals().get(k, frozenset()).isdisjoint(known)


@functools.cache
def _plainly() -> dict[str, tuple[frozenset[str], ...]]:
    return {
        key(word): tuple(frozenset(map(key, said.split())) for said in ways)
        for word, ways in _PLAINLY.items()
    }


def spelled_out(word: str, known: frozenset[str]) -> bool:
    """Whether "hyperintense" is there as "high signal intensity", "cardiomegaly" as a large heart.

    The other way too: "heart" and "enlarged" are there where "cardiomegaly" is.
    """
    k = key(word)
    for said, ways in _plainly().items():
        if said == k and any(way <= known for way in ways):
            return True
        if said in known and any(k in way for way in ways):
            return True
    for prefix, words in _LEVELS.items():
        if word.startswith(prefix) and len(word) > len(prefix) + 4:
            rest = word[len(prefix) :][:4]
            if not words.isdisjoint(known) and any(
                other.lstrip("=").startswith((rest, _ALSO.get(rest, rest))) for other in known
            ):
                return True
    return False
