"""Which part of the body a picture shows, and from which side, where its texts say so.

`body_part` is one of `BODY_PARTS`, `view` one of `VIEWS`, both empty where nothing is said. The
caption is asked first; only where it names no part are the citing sentences and then the title.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.modality.phrases import PhraseList, Word, words_of, written

Texts = Sequence[tuple[str, str]]

_RANKS = (("subcaption",), ("caption",), ("reference",), ("title",))
_LONGEST_TEXT = 1500
_FIRST_WORDS = 25
_FIRST_BONUS = 2

BODY_PARTS = {
    "head": """
        head, brain, cerebral, cranial, intracranial, skull, ventricle, lateral ventricle, third
        ventricle, fourth ventricle, cerebell*, cerebr*, thalam*, basal ganglia, pituitary,
        hippocamp*, brainstem, pons, frontal lobe, parietal lobe, temporal lobe, occipital lobe,
        corpus callosum, subarachnoid, subdural, meningioma, glioma, glioblastoma, white matter,
        gray matter, grey matter, sella, suprasellar, cavernous sinus, cortex, intracerebral,
        pineal, middle cerebral artery, MCA, PCA territory, temporal bone, mastoid, putamen,
        leptomeningeal, periventricular, neurocranium, calvarium, coronal suture, lambdoid suture,
        circle of willis, internal capsule, cerebellopontine, CPA, IAC, subependymal
    """,
    "eye": """
        eye, retina, retinal, macula, macular, fovea, foveal, optic disc, optic disk, cornea,
        corneal, fundus, iris, anterior chamber, anterior segment, conjunctiva*, vitreous, orbit,
        orbital, choroid, choroidal, ocular, intraocular, eyelid, sclera, optic nerve, lacrimal,
        FFA, OCT, cataract, pupil, glaucoma
    """,
    "face": """
        face, facial, nose, nasal, sinus, paranasal, maxillary sinus, ear, cheek, lip, parotid,
        midface, zygoma*, nasopharynx, sinonasal, auricular, external auditory, middle ear
    """,
    "teeth": """
        tooth, teeth, dental, molar, premolar, incisor, canine tooth, periapical, intraoral, oral
        cavity, gingiva, gingival, mandible, mandibular, maxilla, maxillary, jaw, alveolar ridge,
        occlusal, root canal, edentulous, panoramic radiograph, orthopantomogra*, palate, tongue,
        oral mucosa, mouth, dentition, orthodontic, temporomandibular, cephalogram, cephalometric,
        mandibular ramus, ramus, condyle, condylar, OPG, OPT
    """,
    "neck": """
        neck, thyroid, larynx, laryngeal, cervical lymph node, carotid, trachea, parathyroid,
        pharynx, pharyngeal, epiglottis, vocal cord, vocal fold, submandibular, internal carotid,
        cricoid, sternocleidomastoid, subclavian, jugular
    """,
    "chest": """
        chest, thorax, thoracic, lung, pulmonary, pleura, pleural, mediastin*, rib, bronch*,
        hilar, hemithorax, pneumothorax, sternum, upper lobe, lower lobe, middle lobe, diaphragm,
        esophagus, esophageal, oesophagus, oesophageal, thymus, axilla, axillary, pneumonia,
        pneumomediastinum, cardiothoracic, costal, thoracotomy, interlobar
    """,
    "heart": """
        heart, cardiac, coronary, left ventricle, right ventricle, left ventricular, mitral,
        right ventricular, aortic valve, tricuspid, left atrium, right atrium, myocard*, LAD, RCA,
        pericard*, atrial, interventricular septum, aortic root, ascending aorta, LCX, left main,
        echocardiogra*, electrocardiogra*, interatrial septum, left atrial, valve
    """,
    "breast": "breast, mammogra*, mammary, nipple, areola",
    "abdomen": """
        abdomen, abdominal, liver, hepatic, kidney, renal, spleen, splenic, pancreas, pancreatic,
        gallbladder, bile duct, biliary, stomach, gastric, colon, colonic, appendix, bowel,
        intestine, intestinal, duodenum, duodenal, jejunum, ileum, ileal, cecum, adrenal,
        mesenter*, retroperitone*, peritone*, hepatocellular, portal vein, umbilical,
        appendicitis, caecum, celiac, colorectal, glomerul*, inguinal hernia, ureter, abdominal
        aorta, inferior vena cava, sigmoid, sigmoid colon, ureteral, ureteric, neck of pancreas,
        head of pancreas, neck of the pancreas, head of the pancreas, tail of the pancreas,
        pancreatic head, hydronephrosis, ascites, diverticul*
    """,
    "pelvis": """
        pelvis, pelvic, bladder, uterus, uterine, ovary, ovarian, prostate, prostatic, rectum,
        rectal, cervix, endometri*, vagina, vaginal, sacrum, sacral, sacroiliac, iliac, penis,
        penile, scrotum, scrotal, testis, testicular, adnexa, adnexal, anal, pubic, fallopian,
        hip, acetabul*, perineum, perineal, fetus, fetal, placenta, caesarean, cesarean,
        pregnancy, gestation
    """,
    "spine": """
        spine, spinal, vertebra*, intervertebral, lumbar, cervical spine, thoracic spine, lumbar
        spine, spinal cord, cervical spinal cord, disc, disc herniation, sacral spine, scoliosis,
        kyphosis, lumbosacral, odontoid, atlas, atlantoaxial, cauda equina, syrinx, spinal canal,
        l1, l2, l3, l4, l5, c2, c3, c4, c5, c6, c7, s1, t10, t11, t12, l4 5, laminectomy,
        syringomyelia, epidural
    """,
    "upper_limb": """
        shoulder, arm, upper limb, upper extremity, elbow, forearm, wrist, hand, finger, thumb,
        humerus, humeral, radius, ulna, clavicle, scapula, rotator cuff, carpal, metacarpal, palm,
        glenohumeral, scaphoid, supraspinatus, glenoid, distal radius, radial artery, brachial,
        radial, ulnar, epicondyl*, median nerve
    """,
    "lower_limb": """
        leg, lower limb, lower extremity, thigh, knee, ankle, foot, feet, toe, femur, femoral,
        tibia, tibial, fibula, patella, calcaneus, metatarsal, meniscus, talus, cuneiform, calf,
        achilles, popliteal, tarsal, heel, femoral neck, femoral head, saphenous, hallux, plantar,
        peroneal, peroneus, gluteal, anterior cruciate, hamstring, sural, patellar
    """,
    "skin": """
        skin, cutaneous, rash, dermoscop*, dermatoscop*, epidermis, dermis, melanoma, nevus, papule,
        eczema, psoriasis, erythematous, dermatitis, scalp
    """,
    "blood": """
        blood smear, peripheral blood smear, blood film, peripheral blood, bone marrow, bone marrow
        aspirat*, bone marrow biopsy, bone marrow smear, erythrocyte, leukocyte
    """,
    "whole_body": """
        whole body, whole body scan, whole body bone scan, full body, bone scan, whole body PET,
        babygram, skeletal survey, total body
    """,
}

VIEWS = {
    "axial": """
        axial, transaxial, transverse section, transverse view, transverse image, transverse plane,
        transverse CT, transverse MRI, transverse scan, transverse t1, transverse t2
    """,
    "coronal": "coronal",
    "sagittal": "sagittal, parasagittal, midsagittal",
    "frontal": """
        frontal view, frontal radiograph, frontal chest, frontal projection, frontal x ray, AP view,
        anteroposterior, antero posterior, posteroanterior, postero anterior, AP radiograph, PA view,
        PA radiograph, AP x ray, PA x ray, PA chest, AP chest, AP pelvis, AP film, AP projection,
        front view, chest PA, frontal photogra*, frontal plain, face view
    """,
    "lateral": """
        lateral view, lateral radiograph, lateral x ray, lateral xray, lateral projection, lateral
        film, lateral cephalogram, lateral cephalometric, lateral chest, lateral plain, profile view,
        lateral cervical, lateral knee, lateral spine, lateral image, lateral photogra*, lateral skull
    """,
    "oblique": """
        oblique view, oblique radiograph, oblique projection, left anterior oblique, right anterior
        oblique, LAO, RAO, oblique x ray, oblique image
    """,
    "craniocaudal": "craniocaudal, craniocaudal view, cranio caudal",
    "mediolateral_oblique": "mediolateral oblique, mediolateral oblique view, medio lateral oblique",
    "panoramic": "panoramic radiograph, panoramic view, panoramic, orthopantomogra*, OPG",
    "occlusal": "occlusal view, occlusal radiograph, occlusal photogra*",
    "four_chamber": "four chamber, 4 chamber, four chamber view, apical view, 4 chamber view",
    "short_axis": "short axis, parasternal short axis, short axis view",
    "long_axis": "long axis, parasternal long axis, long axis view",
}

# Phrases that only sound like a view or a part.
_NO_VIEW = """
    coronal suture, sagittal sinus, superior sagittal sinus, sagittal suture, axial length, axial
    skeleton, axial spondylo*, axial resolution, axial muscle, coronal restoration, coronal third,
    anteroposterior diameter, long axis of, axial load, axial rotation, axial compression
"""
_NO_PART = """
    head to head, on the other hand, at hand, second hand, left hand panel, right hand panel, arm of
    the study, treatment arm, study arm, in the face of, lead to, eye of, heart of, tail to head,
    hand side, left hand side, right hand side, foot of the, sample head, radius of, within a radius
"""


def _list_of(names: dict[str, str], without: str) -> PhraseList[str]:
    entries = dict.fromkeys(written(without), "")
    return PhraseList(entries | {p: name for name, ps in names.items() for p in written(ps)})


_PARTS = _list_of(BODY_PARTS, _NO_PART)
_VIEWS = _list_of(VIEWS, _NO_VIEW)


def body_part(texts: Texts) -> str:
    """The body part that `(kind, text)` pairs name most, of the first kind of text that names any."""
    for rank in _RANKS:
        for words in _words(texts, rank):
            if name := _most_named(words):
                return name
    return ""


def view(texts: Texts) -> str:
    """The view that subcaption or caption names first; empty where they name none."""
    for rank in _RANKS[:2]:
        for words in _words(texts, rank):
            named = (found.payload for found in _VIEWS.find(words) if found.payload)
            if name := next(named, ""):
                return name
    return ""


def _words(texts: Texts, kinds: tuple[str, ...]) -> list[Sequence[Word]]:
    return [words_of(text[:_LONGEST_TEXT]) for kind, text in texts if kind in kinds]


def _most_named(words: Sequence[Word]) -> str:
    """The part with the most mentions; early ones count more, the earliest wins a tie."""
    counts: dict[str, int] = {}
    for found in _PARTS.find(words):
        if found.payload:
            bonus = _FIRST_BONUS if found.first < _FIRST_WORDS else 0
            counts[found.payload] = counts.get(found.payload, 0) + 1 + bonus
    return max(counts, key=lambda name: counts[name], default="")
