"""Words that mean the same, and words that mean nothing by themselves.

A line of `SYNONYMS` holds words that a faithful text may put for one another.
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
radiation irradiation irradiated
fixation fixed fix
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
