"""Words that mean the same, and what common abbreviations stand for.

A line of `SYNONYMS` holds words that a faithful text may put for one another. `ABBREVIATIONS` are
those that captions use without saying what they mean.
"""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """The words of a string."""
    return frozenset(words.split())


SYNONYMS = """
kidney renal nephric
liver hepatic
lung pulmonary pulmonic
heart cardiac
brain cerebral encephalic
stomach gastric
bowel intestine intestinal enteric
spleen splenic
gallbladder cholecystic
bile biliary
bladder vesical
uterus uterine
ovary ovarian
testis testicular testicle
breast mammary
skin cutaneous dermal dermis
bone osseous bony
muscle muscular
nerve neural
eye ocular
ear auricular otic
nose nasal
mouth oral buccal
tongue lingual
tooth dental teeth dentition
face facial
head cephalic
skull cranium cranial calvarium calvarial
neck cervical
chest thoracic thorax
abdomen abdominal
pelvis pelvic
back dorsum
groin inguinal
armpit axilla axillary
arm brachial brachium
forearm antebrachial
wrist carpal carpus
finger digit digital
thigh femoral femur
leg crural
knee genicular
shin tibia tibial
calf sural
foot pedal
ankle talocrural
heel calcaneus calcaneal
shoulder humeroscapular
collarbone clavicle clavicular
breastbone sternum sternal
rib costal
jaw gnathic
mandible mandibular
maxilla maxillary
cheekbone zygoma zygomatic
spine spinal
vertebra vertebral
windpipe trachea tracheal
throat pharynx pharyngeal
larynx laryngeal
esophagus esophageal gullet
duodenum duodenal
jejunum jejunal
ileum ileal
colon colonic
cecum cecal
rectum rectal
anus anal
pancreas pancreatic
ureter ureteral ureteric
urethra urethral
prostate prostatic
vagina vaginal
cervix cervicouterine
placenta placental
fetus fetal
aorta aortic
artery arterial
vein venous
vessel vascular vasculature
lymph lymphatic
pericardium pericardial
pleura pleural
peritoneum peritoneal
meninx meningeal
mediastinum mediastinal
hilum hilar
bronchus bronchial
alveolus alveolar
diaphragm diaphragmatic
retina retinal
cornea corneal
orbit orbital
cortex cortical
medulla medullary
lobe lobar
ventricle ventricular
atrium atrial
septum septal
cerebellum cerebellar
thalamus thalamic
pituitary hypophysis hypophyseal
adrenal suprarenal
thyroid thyroidal
tumor neoplasm neoplastic tumoral
cancer malignancy cancerous
bleeding hemorrhage hemorrhagic
swelling swollen
clot thrombus thrombosis thrombosed thrombotic
embolus embolism embolic
stone calculus lithiasis
narrowing stenosis narrowed narrow
widening widened wide broad
dilation dilated dilatation ectasia ectatic dilate distended distention distension
enlargement enlarged enlarge enlarging
blockage blocked occlusion occluded obstruction obstructed obstructive obstructing occlusive
fracture fractured broken break
rupture ruptured torn tear
perforation perforated
wall mural
fluid liquid
edema edematous
pus purulent
infarction infarct infarcted infarcts
ischemia ischemic
necrosis necrotic
inflammation inflamed inflammatory
infection infected infectious
scar scarring cicatrix
ulcer ulceration ulcerated ulcerative
nodule nodular nodularity
cyst cystic
opacity opacities opacified opacification opaque shadow shadowing shadows
calcification calcium calcified calcific calcifications
thickening thickened thick
thinning thinned thin
metastasis metastatic metastases
invasion invasive invading invade invades
infiltration infiltrate infiltrating infiltrative infiltrated
compression compressed compressing compresses compressive
displacement displaced displacing displaces pushed pushing shifted shift
erosion erosive eroded eroding
destruction destructive destroyed destroying
growth growing grown grow
enhancement enhancing enhanced enhances
hyperintense hyperintensity hyperintensities
hypointense hypointensity hypointensities
isointense isointensity
hyperdense hyperdensity hyperattenuating hyperattenuation
hypodense hypodensity hypodensities hypoattenuating hypoattenuation
hypoechoic hypoechogenic hypoechogenicity
hyperechoic hyperechogenic hyperechogenicity
anechoic anechogenic
echogenic echogenicity
fdg fluorodeoxyglucose fludeoxyglucose
radiograph xray roentgenogram radiographic radiography roentgenography
ultrasound ultrasonography sonography sonogram ultrasonographic ultrasonogram sonographic usg
photograph photo photographic photography
photomicrograph micrograph micrographs
tomography tomographic tomogram
angiogram angiography angiographic arteriography arteriogram
histology histologic histological histopathology histopathologic histopathological
pathology pathologic pathological
endoscopy endoscopic
surgery surgical operation operative operated
resection resected excised excision
removal removed remove
biopsy biopsied
implant implanted implantation
transplant transplantation transplanted allograft
treatment treated therapy therapeutic
child pediatric childhood
man male
woman female
illness disease
drainage drained draining drain
bend curved curvature
round rounded circular
oval ovoid
surround surrounded surrounding encase encased encasing encasement
adjacent neighboring neighbouring next beside
near close
beneath below under underlying
above overlying
inside within
diverticulum diverticular
polyp polypoid
fistula fistulous
hernia herniation herniated
stent stenting stented
catheter catheterization
graft grafting grafted
regurgitation regurgitant
collapse collapsed
consolidation consolidated
lymphadenopathy adenopathy
cartilage cartilaginous chondral
tendon tendinous
ligament ligamentous
synovium synovial
fat fatty adipose
marrow medullarybone
blood hematic
cell cellular
tissue histic
gland glandular
nucleus nuclear
cytoplasm cytoplasmic
epithelium epithelial
stroma stromal
fibrosis fibrotic fibrous
granuloma granulomatous
abscess abscessed
hematoma hematomas
aneurysm aneurysmal
dissection dissected dissecting
symmetry symmetric symmetrical symmetrically
homogeneous homogenous homogeneously
heterogeneous heterogenous inhomogeneous heterogeneously
absence absent
resolution resolved resolve resolving
disappearance disappeared disappear disappears
convergence convergent converge
extension extend extends extending extended
reduction reduce reduced
improvement improve improved
progression progress progressed progressive
protrusion protrude protruding protrudes
smell olfactory
hearing auditory
palate palatal palatinal palatine
chyle chylous
diaphysis diaphyseal shaft
pubis pubic pubes
ischium ischial
ilium iliac
coccyx coccygeal
patent open patency opened opening
vision visual
vertigo vertiginous
presence present
death died dead deceased
smoking smoker smoked
pregnancy pregnant
birth born
immunostaining immunohistochemistry immunohistochemical immunostained immunostain
stain stained staining
magnification magnified
fluorescence fluorescent
length long
recurrence recurrent recurred recur recurring
trauma traumatic traumatized posttraumatic injury injured
periosteum periosteal
sacrum sacral
mixed admixed intermixed
gingiva gingival gum
migration migrated migrating
distortion distorted
communication communicating communicate
deposit deposited deposition
overgrowth overgrown
origin originate originating arise arising
swallowing swallow deglutition
separation separated separate
continuity continuous
cavity cavitary cavitation cavitated
blistering blister bulla
height high tall
"""

ABBREVIATIONS: dict[str, str] = {
    "ct": "computed tomography",
    "cect": "contrast enhanced computed tomography ct",
    "ncct": "non contrast computed tomography ct",
    "hrct": "high resolution computed tomography ct",
    "mdct": "multidetector computed tomography ct",
    "cbct": "cone beam computed tomography",
    "cta": "computed tomography ct angiography",
    "mpa": "main pulmonary artery",
    "ctpa": "computed tomography pulmonary angiography",
    "mr": "magnetic resonance mri",
    "mri": "magnetic resonance mr",
    "mra": "magnetic resonance mr mri angiography",
    "mrv": "magnetic resonance venography",
    "mrcp": "magnetic resonance mr mri cholangiopancreatography",
    "ercp": "endoscopic retrograde cholangiopancreatography",
    "msct": "multislice computed tomography ct",
    "lge": "late gadolinium enhancement",
    "fna": "fine needle aspiration",
    "fnac": "fine needle aspiration cytology",
    "sah": "subarachnoid hemorrhage",
    "ce": "contrast enhanced",
    "elisa": "enzyme linked immunosorbent assay",
    "pcr": "polymerase chain reaction",
    "qpcr": "quantitative polymerase chain reaction pcr",
    "ifa": "immunofluorescence assay",
    "wb": "western blot",
    "μct": "micro computed tomography ct",
    "microct": "micro computed tomography ct",
    "sd": "standard deviation",
    "wt": "wild type",
    "hiv": "human immunodeficiency virus",
    "bmi": "body mass index",
    "cbc": "complete blood count",
    "ef": "ejection fraction",
    "cmr": "cardiac magnetic resonance mr mri",
    "us": "ultrasound",
    "usg": "ultrasound",
    "eus": "endoscopic ultrasound",
    "ivus": "intravascular ultrasound",
    "pet": "positron emission tomography",
    "spect": "single photon emission computed tomography",
    "oct": "optical coherence tomography",
    "dsa": "digital subtraction angiography",
    "cxr": "chest radiograph",
    "opg": "orthopantomogram panoramic radiograph",
    "tte": "transthoracic echocardiography",
    "tee": "transesophageal echocardiography",
    "toe": "transesophageal echocardiography",
    "echo": "echocardiogram",
    "ecg": "electrocardiogram",
    "ekg": "electrocardiogram",
    "eeg": "electroencephalogram",
    "dwi": "diffusion weighted",
    "adc": "apparent diffusion coefficient",
    "flair": "fluid attenuated inversion recovery",
    "stir": "short tau inversion recovery",
    "swi": "susceptibility weighted",
    "mip": "maximum intensity projection",
    "mpr": "multiplanar reconstruction reformation",
    "fdg": "fluorodeoxyglucose",
    "suv": "standardized uptake value",
    "h&e": "hematoxylin eosin",
    "he": "hematoxylin eosin",
    "ihc": "immunohistochemistry",
    "pas": "periodic acid schiff",
    "sem": "scanning electron microscopy micrograph",
    "tem": "transmission electron microscopy micrograph",
    "ap": "anteroposterior anterior posterior",
    "pa": "posteroanterior posterior anterior",
    "lv": "left ventricle ventricular",
    "rv": "right ventricle ventricular",
    "la": "left atrium atrial",
    "ra": "right atrium atrial",
    "lvot": "left ventricular outflow tract",
    "rvot": "right ventricular outflow tract",
    "lad": "left anterior descending artery coronary",
    "lca": "left coronary artery",
    "rca": "right coronary artery",
    "lcx": "left circumflex artery coronary",
    "lmca": "left main coronary artery",
    "ica": "internal carotid artery",
    "eca": "external carotid artery",
    "cca": "common carotid artery",
    "mca": "middle cerebral artery",
    "aca": "anterior cerebral artery",
    "pca": "posterior cerebral artery",
    "sma": "superior mesenteric artery",
    "smv": "superior mesenteric vein",
    "ima": "inferior mesenteric artery",
    "ivc": "inferior vena cava",
    "svc": "superior vena cava",
    "cbd": "common bile duct",
    "rul": "right upper lobe",
    "rml": "right middle lobe",
    "rll": "right lower lobe",
    "lul": "left upper lobe",
    "lll": "left lower lobe",
    "ruq": "right upper quadrant",
    "rlq": "right lower quadrant",
    "luq": "left upper quadrant",
    "llq": "left lower quadrant",
    "od": "right eye",
    "os": "left eye",
    "csf": "cerebrospinal fluid",
    "cns": "central nervous system",
    "hcc": "hepatocellular carcinoma",
    "rcc": "renal cell carcinoma",
    "scc": "squamous cell carcinoma",
    "dvt": "deep vein thrombosis",
    "avm": "arteriovenous malformation",
    "asd": "atrial septal defect",
    "vsd": "ventricular septal defect",
    "pda": "patent ductus arteriosus",
    "copd": "chronic obstructive pulmonary disease",
    "ards": "acute respiratory distress syndrome",
    "aaa": "abdominal aortic aneurysm",
    "tb": "tuberculosis",
    "ggo": "ground glass opacity",
    "acl": "anterior cruciate ligament",
    "pcl": "posterior cruciate ligament",
    "iud": "intrauterine device",
    "icu": "intensive care unit",
    "gi": "gastrointestinal",
    "iv": "intravenous",
    "3d": "three dimensional",
    "2d": "two dimensional",
    "hu": "hounsfield units",
}

# Words of a text that say nothing of the patient or the picture's content by themselves.
FUNCTION = listed("""
    a an the this that these those it its they them their he she his her him we our us you your
    i and or but nor yet so as if than then thus while whereas although though however also both
    of in on at by for from to into onto with without within between among through throughout
    along across around over under above below near up down out off during before after since
    until about against toward towards upon via per versus vs is are was were be been being am
    has have had having do does did can could may might must shall should will would not no n't
    there here where when which who whom whose what how why e.g i.e etc eg ie respectively
    respectivly
    """)
