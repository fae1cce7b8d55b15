"""Whether a word names something clinical: by its ending, or because it is listed.

For words that the vocabulary does not know. A paraphrase brings many plain words ("demonstrating",
"located"); a clinical word that the source does not have is an addition.
"""

from __future__ import annotations

import functools
import re

from llm_rewrite.checks.english import is_plain
from llm_rewrite.checks.stems import key, keys_of
from llm_rewrite.checks.terms import listed

_ENDING = re.compile(
    r"\w{3,}(?:"
    r"omas?|omata|omatous|itis|itides|osis|oses|otic|iasis|ectom(?:y|ies)|ostom(?:y|ies)|otom(?:y|ies)"
    r"|plast(?:y|ies)|pexy|desis|centesis|scop(?:y|ic)|path(?:y|ies|ic)|a?emi[ac]|uri[ac]|penia"
    r"|megaly|algia|plegi[ac]|paresis|trophy|trophic|plasia|plastic|sclerosis|stenosis|lysis|lytic"
    r"|malacia|ectasis|ectatic|rrhage|rrhagic|rrhea|rrhoea|cele|ptosis|pnea|pnoea|phagia|phasia"
    r"|thorax|peritoneum|cyst(?:ic|s)?|lithiasis|genesis|dynia|spasm|edema|oedema|cytosis|philia"
    r"|gram|grams|graph[yi]\w*|emesis|opsy|opsies|toxic\w*|adenoma\w*|carcin\w+|sarcom\w+|lymphom\w+"
    r"|mabs?|tinibs?|nibs?|cillins?|mycins?|floxacin|azoles?|prils?|sartans?|statins?|olol|vir|caine"
    r"|dipine|platin|taxel|rubicin|steroids?|sone|solone|cycline|cef\w+|heparin|warfarin|insulin"
    r"|cocc(?:us|i|al)|bacter(?:ium|ia|ial)|mycosis|virus(?:es)?|viral|vascular|cardial|pulmonary"
    r"|intense|intensity|intensities|dense|echoic|echogenic|attenuating|metabolic|enhancing"
    r")\Z|(?:cef|sulfa|predni|cortico|immuno)\w{4,}\Z"
    r"|\w{4,}(?:axone|pime|penem|oxacin|prazole|trexate|limus|parin|dronate|thiazide|semide)\Z"
)
_PLAIN_ENDING = listed("""
    diagram program histogram kilogram milligram gram paragraph telegram photograph photographs
    photography photographic photographed micrograph micrographs photomicrograph
    photomicrographs radiograph radiographs radiographic radiography image view demonstrative
    environment diagnosis diagnoses prognosis hypothesis synthesis analysis microscopy
    microscopic macroscopic macroscopically stereoscopic plastic elastic drastic basis intense
    dense intensity pathologic pathology pathological empathy sympathy genesis dialysis
    catalysis  coma aroma chromatic robotic exotic biopic topic static cartograph
    autograph graphic graphics graphical infographic pictogram schematic pathway alias bias
    tomography tomographic tomogram scopy symptomatic asymptomatic holistic statistic statistics
    heuristic realistic linguistic diploma thermic academic systemic endemic epidemic pandemic
    polemic chemic alchemic idiotic thesis
    """)
_LISTED = """
lung liver kidney heart brain stomach bowel spleen gallbladder bile bladder uterus ovary testis
breast skin bone muscle nerve eye ear nose mouth tongue tooth face head skull neck chest abdomen
pelvis groin armpit arm forearm wrist finger thigh leg knee shin calf foot ankle heel shoulder
collarbone breastbone rib jaw mandible maxilla cheekbone spine vertebra windpipe throat larynx
esophagus duodenum jejunum ileum colon cecum rectum anus pancreas ureter urethra prostate vagina
cervix placenta fetus aorta artery vein lymph pericardium pleura peritoneum meninx mediastinum hilum
bronchus alveolus diaphragm retina cornea orbit ventricle atrium cerebellum thalamus pituitary
adrenal thyroid hip elbow hand humerus femur tibia fibula radius ulna scapula clavicle sternum
sacrum coccyx ilium ischium pubis acetabulum patella talus calcaneus metacarpal metatarsal phalanx
carotid jugular subclavian iliac femoral popliteal brachial coronary mesenteric celiac hepatic
portal cava hippocampus amygdala putamen caudate pons midbrain brainstem hypothalamus insula
callosum parietal temporal occipital frontal sphenoid ethmoid mastoid cochlea vestibular sinus
trachea carina appendix sigmoid omentum mesentery retroperitoneum scrotum penis epididymis fallopian
endometrium myometrium myocardium endocardium epicardium mitral tricuspid septum iris lens macula
fovea choroid sclera conjunctiva vitreous eyelid eyelash lip gum palate tonsil uvula parotid
submandibular parathyroid thymus node sella clivus meniscus cruciate tendon ligament cartilage disc
disk marrow epidermis dermis hair nail scalp forehead cheek chin limb extremity toe thumb buttock
hamstring quadriceps biceps triceps deltoid psoas supraspinatus umbilicus umbilical hemidiaphragm
periosteum endosteum diaphysis metaphysis epiphysis condyle epicondyle trochanter malleolus
olecranon ramus symphysis tubercle tuberosity fascia aponeurosis labrum bursa foramen fissure sulcus
gyrus cistern tentorium falx dura arachnoid ganglion plexus chiasm conus cauda annulus ligamentum
pedicle lamina facet odontoid lobe lobule parenchyma interstitium airspace bronchiole lingula
hemithorax isthmus antrum pylorus cardia ampulla papilla calyx trigone cavernosum spermatic adnexa
fimbria amnion chorion pupil canthus pinna tympanic ossicle stapes malleus incus turbinate vomer
premolar molar incisor gingiva frenulum oropharynx nasopharynx hypopharynx epiglottis glottis areola
nipple axilla antecubital peroneal tibialis gastrocnemius soleus vastus gluteus iliacus pectoralis
trapezius latissimus masseter pterygoid temporalis sternocleidomastoid brachialis azygos saphenous
cephalic basilic splenic gastroduodenal basilar auricle chordae leaflet cusp mucosa submucosa
muscularis serosa villus crypt lymphocyte neutrophil macrophage eosinophil fibroblast erythrocyte
platelet hepatocyte neuron astrocyte osteoclast osteoblast keratinocyte melanocyte histiocyte
monocyte plasma mast glomerulus tubule tumor cancer mass lesion nodule cyst abscess hematoma
hemorrhage bleeding edema effusion infarct infarction ischemia embolus embolism clot thrombus
aneurysm pseudoaneurysm dissection fistula fracture dislocation subluxation sprain rupture
perforation obstruction hernia intussusception volvulus stricture stone calculus calcification
ossification ulcer erosion polyp diverticulum wart inflammation infection sepsis pneumonia
pneumothorax atelectasis consolidation emphysema collapse bronchiectasis opacity cavitation
adenopathy lymphadenopathy metastasis malignancy neoplasm seizure ascites pus gangrene scar keloid
rash vesicle bulla pustule papule macule plaque erythema purpura jaundice cyanosis fever cough pain
nausea vomiting diarrhea headache dyspnea weakness fatigue vertigo syncope palpitation tremor
dementia stroke hypertension hypotension diabetes obesity anemia asthma tuberculosis leukemia
melanoma cirrhosis gallstone hydrocephalus swelling tenderness pregnancy miscarriage abortion
stenosis regurgitation insufficiency failure arrhythmia tachycardia bradycardia cardiomegaly
cardiomyopathy atresia agenesis malformation anomaly deformity scoliosis kyphosis lordosis
spondylolisthesis bursitis tear cataract glaucoma detachment drusen exudate microaneurysm hemangioma
lipoma glioma meningioma adenoma carcinoma sarcoma lymphoma blastoma teratoma seminoma invasion
infiltration necrosis fibrosis compression granuloma hyperplasia dysplasia atrophy hypertrophy
degeneration demyelination gliosis herniation pneumoperitoneum surgery resection excision biopsy
transplant amputation catheter stent graft implant prosthesis pacemaker screw plate rod suture
staple coil embolization ablation radiotherapy chemotherapy immunotherapy dialysis intubation
ventilation anesthesia transfusion injection vaccination bypass shunt cannula balloon laparotomy
craniotomy thoracotomy tracheostomy hysterectomy cesarean osteotomy arthroplasty fixation antibiotic
antibiotics corticosteroid steroid aspirin morphine adrenaline dexamethasone prednisolone
methotrexate contrast gadolinium barium iodine hematoxylin eosin giemsa trichrome immunostain
cytokeratin vimentin desmin synaptophysin chromogranin calretinin melan smooth myxoid spindle
keratin mucin amyloid collagen mitosis mitotic pleomorphic pleomorphism anaplastic lipid glycogen
melanin hemosiderin fungus hypha parasite worm larva bacterium bacillus yeast candida aspergillus
cryptococcus plasmodium leishmania malignant benign metastatic invasive recurrent congenital
hereditary traumatic idiopathic iatrogenic thickening enlargement dilation narrowing enhancement
hypoplasia aplasia occlusion vegetation valve leak hiatus laceration contusion burn wound bruise
ecchymosis foreign gas air fluid lucency sclerosis osteophyte spur callus nonunion malunion
osteopenia trauma injury poisoning overdose hypoxia shock coma paralysis palsy neuropathy spasm
dystonia smoker smoking alcohol alcoholic drug allergy immunosuppressed immunocompromised hiv aids
covid lobectomy mastectomy nephrectomy gastrectomy colectomy cholecystectomy appendectomy
enterocolitis hypertelorism dysmorphism strabismus ptosis proptosis exophthalmos nystagmus hirsutism
alopecia pruritus urticaria eczema psoriasis acne syndrome retardation autism epilepsy migraine
cleft macroglossia micrognathia clubfoot polydactyly coarctation tetralogy transposition
subperiosteal spiculated lobulated cavitary necrotizing exophytic pedunculated sessile thrombolysis
thrombectomy angioplasty sclerotherapy cryotherapy rituximab interferon hysterosalpingogram
audiogram murmur auscultation hydatid cysticercosis schistosomiasis malaria helminth maggot myiasis
lymphadenitis hydrocele varicocele torsion incarceration strangulation stasis reflux prolapse
intussusceptum intussuscipiens multinucleated mononuclear vessel honeycombing codman reticulation
tenting spillage diastasis reaction interarterial anomalous duplication
"""


_FORMS = listed(_LISTED)


@functools.cache
def _keys() -> frozenset[str]:
    return keys_of(_LISTED)


ANATOMY = keys_of(_LISTED.partition("lymphocyte")[0])  # parts of the body, which no sentence denies


@functools.lru_cache(maxsize=65_536)
def is_clinical(word: str) -> bool:
    """Whether a lower-case word names a disease, structure, finding, procedure, drug or stain."""
    if word in _PLAIN_ENDING or len(word) < 3:
        return False
    if word in _FORMS:
        return True
    by_form = key(word) in _keys() or (len(word) >= 6 and _ENDING.match(word) is not None)
    return by_form and not is_plain(word)  # "encloses" is no -osis
