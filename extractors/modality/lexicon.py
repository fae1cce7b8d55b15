"""What captions say of each kind of picture: weighted phrases, traps, and words that weaken them.

A weight is evidence in natural logarithms, before the place of the phrase in its text counts: 4
names the kind outright, 2 is typical of it, 1 and less lean to it, below 0 lean away. A phrase may
stand with several kinds. The longest phrase wins, so "CT angiography" is CT and not angiography,
and a trap ("CT value", "± SEM") hides the acronym in it. How phrases are written: see `phrases`.
"""

from __future__ import annotations

CUES: dict[str, dict[float, str]] = {
    "radiography": {
        4.5: """
            intraoral periapical radiograph, intra oral periapical radiograph, intraoral
            radiograph
        """,
        4: """
            radiograph, radiography, radiographic, chest x ray, x ray, xray, plain film, plain x
            ray, plain radiograph, plain abdominal radiograph, panoramic radiograph, periapical
            radiograph, orthopantomogra*, cephalogram, cephalometric radiograph, cephalometric,
            bitewing, skeletal survey, babygram, roentgenogra*, CXR, OPG, chest film, abdominal
            film, lateral film, scout film, rx, radiographie, radiografia, radiografía,
            radiographique, standing radiograph, kub, panoramic view, skiagram, x ray image, x ray
            film, portable chest x ray, radiovisiogra*
        """,
        2: """
            anteroposterior view, posteroanterior, anteroposterior, AP view, PA view, radiolucen*,
            radiopaque, radiopacity, radio opaque, dexa, stress view, root canal, obturation,
            periapical, implant loosening, cardiothoracic ratio, costophrenic, radiological,
            radiologic, radiologically
        """,
        1.5: """
            lateral projection, oblique projection
        """,
        1: """
            fracture line, callus, pneumothorax, intramedullary nail, joint space, cardiomegaly,
            bone loss, nail, screw, prosthesis, dislocation, osteotomy, union, nonunion,
            scoliosis, cobb angle, weight bearing, hemithorax, pleural effusion, infiltrat*
        """,
        0.9: """
            teeth, molar, hip, tooth, mandibular, shoulder, opacity, mandible, shadow*, plain,
            joint, skull, wrist, elbow, erosion, consolidation, endodontic, post placement, canal,
            femoral head
        """,
        0.5: """
            fracture, tibia, femur, femoral, humerus, radius, plate, kyphosis, implant, lung
        """,
    },
    "mammography": {
        4.5: """
            mammogra*, tomosynthesis, mamografia, mamografía, mediolateral oblique view,
            craniocaudal view, mediolateral oblique, craniocaudal
        """,
        1: """
            BI RADS, microcalcification, breast density, spiculated
        """,
    },
    "ct": {
        4: """
            CT, computed tomogra*, computerized tomogra*, computerised tomogra*, CT scan, CT
            image, computer tomogra*, CTA, HRCT, MDCT, CBCT, MSCT, NCCT, CECT, micro ct, µct, μct,
            cone beam, cat scan, ct scan, CT angiogra*, computed tomogra* angiogra*, ct angiogra*,
            CT venogra*, CT urography, CT colonography, CT myelography, CT cisternography, CT
            enterography, computed axial tomogra*, tomogra* computadorizada, tomogra*
            computarizada, tomodensitomét*, scanner, scannographique, tomodensitometry, TDM,
            dentascan, CTPA, bone window, lung window, dual energy ct, multidetector, multislice
        """,
        3: """
            hypodens*, hyperdens*, isodens*, hypoattenuat*, hyperattenuat*, hounsfield, ground
            glass opacity, ground glass, fat stranding, soft tissue window, unenhanced, portal
            venous phase, beam hardening, tomogra*, ct guided
        """,
        2: """
            isodose, isodose curve
        """,
        1.5: """
            attenuation, contrast enhanced, contrast enhancement, noncontrast, non contrast, axial
            image, coronal image, axial view, reformat*, multiplanar, axial, calcified, arterial
            phase, with contrast, axial section, nonenhanced, intravenous contrast
        """,
        1: """
            coronal, sagittal, stranding, free air, perforation, appendicolith, calcification,
            subarachnoid hemorrhage, hydrocephalus, subdural, cross sectional, coronal section,
            coronal reconstruction, sagittal reconstruction, fluid collection, maximum intensit*
            projection
        """,
        0.8: """
            bronchus, thorax, splenic, spleen, portal, density, mesenteric, adrenal, mediastinum,
            intestinal, emphysema, air, nodular, upper lobe, lower lobe, lung mass, pulmonary
            nodule, appendix, scan, lung lesion, ileum
        """,
        0.5: """
            abscess, mass, nodule, cyst, aneurysm, enhancement, thicken*, dilatation, dilated,
            metasta*, hemorrhage, haemorrhage, hematoma, thrombus, lymphadenopathy, lesion,
            necrosis, fracture, abdomen, pelvis, liver, kidney, pancreas, thrombosis, bowel,
            intussusception, intraparenchymal
        """,
    },
    "mri": {
        4: """
            mri, magnetic resonance, magnetic resonance imaging, magnetic resonance image, MR
            imaging, MR image, MR scan, MRI scan, MRA, MRCP, MRV, fmri, cmri, CMR, MR angiogra*,
            magnetic resonance angiogra*, MR venogra*, MR cholangio*, magnetic resonance
            cholangio*, functional mri, functional magnetic resonance, MR spectr*, MR
            enterography, resonância magnética, resonancia magnética, RMN, IRM, imagerie par
            résonance, t1 weighted, t2 weighted, t1w, t2w, t1wi, t2wi, t1 weighed, t2 weighed, T1
            weighting, proton density, diffusion tensor, tractography, diffusion weighted, DWI,
            DTI, STIR, FLAIR, fluid attenuated, gradient echo*, spin echo*, turbo spin echo*, fast
            spin echo*, cardiac magnetic resonance, late gadolinium enhancement, t1 mr, t2 mr, T1W
            image, susceptibility weighted, SWI, ADC map, apparent diffusion coefficient, BOLD, T1
            image, T2 image, cine mr, magnetic resolution, magnetic resonance scan
        """,
        3: """
            gadolinium, hyperintens*, hypointens*, isointens*, hyper intens*, hypo intens*, hyper
            intensit*, t1, t2, tesla, signal void, fat suppressed, fat saturation, fat sat, fat
            suppression, post gadolinium, MR, restricted diffusion, high signal, low signal,
            signal intensit*, abnormal signal, signal abnormality, signal change, ASL perfusion,
            voxel based morphometry, SSFP, steady state
        """,
        1.5: """
            axial image, coronal image, sagittal image, sagittal view, axial, sagittal, coronal,
            contrast enhanced, post contrast, postcontrast, gray matter, white matter, grey
            matter, marrow edema, marrow oedema, leptomeningeal, dural, pineal, statistical
            parametric map, enhancing, brain activation, short axis view, voxel
        """,
        1: """
            ventricle, basal ganglia, cerebell*, thalam*, hippocampal volume, meniscus, ligament,
            enhancement, lobe, corpus callosum, brainstem, optic nerve, infarct, infarction,
            glioma, spinal cord, disc, vertebral body, tendon, sulci, ischemia, scoliosis,
            intracranial, maximum intensit* projection, sequence, intensit*, signal, matter, cord,
            spinal, nerve, brain, occipital, midline, herniation, fossa, spine, temporal,
            parietal, cranial, medulla, hemisphere, suprasellar
        """,
        0.6: """
            vertebral, orbit, compression, cervical, lumbar, knee, basal, cerebral, ring enhancing
        """,
        0.5: """
            mass, lesion, cyst, nodule, edema, oedema, pituitary, muscle, hydrocephalus, tumor,
            tumour, atrophy, cortex, canal
        """,
    },
    "ultrasound": {
        4: """
            ultraso*, sonogra*, echocardiogra*, doppler, color doppler, EUS, IVUS, endoscop*
            ultraso*, intravascular ultraso*, transvaginal ultraso*, US image, US scan, b mode, m
            mode, TTE, TEE, transesophageal echo*, transthoracic echo*, transoesophageal echo*,
            echo*, ultrassonografia, ecografía, ecografia, échographie, échographique,
            ecocardiogra*, parasternal, CEUS, UBM, speckle tracking, b scan ultraso*, anterior
            segment ultraso*, échocardiographie, ultraso* biomicroscop*, TRUS, transrectal
            ultraso*, TVS, transvaginal scan, transabdominal scan
        """,
        3: """
            hypoechoic, hyperechoic, anechoic, isoechoic, acoustic shadow*, four chamber view, 4
            chamber view, apical view, long axis view, elastogra*, apical four chamber, acoustic,
            transducer, sono, gallbladder sludge, subcostal, transesophageal, transthoracic, short
            axis view, spectr* display, systolic velocity, PSV, transabdominal
        """,
        1.2: """
            mitral, valve, atrium, atrial, left ventricle, ventricular, thyroid, septal, apical,
            thickness, longitudinal, heart, pericardial effusion, ejection fraction, endometrium
        """,
        1: """
            fetal, fetus, gestational, transvaginal, follicle, mitral valve, regurgitation jet,
            cyst
        """,
    },
    "nuclear": {
        4.5: """
            positron emission tomogra*, positron emission, PET CT, PET MRI, PET MR, PET scan, PET
            image, PET, FDG PET, fdg, SPECT, SPECT CT, scintigra*, bone scan, scintiscan, MIBG,
            single photon emission, technetium, 99mtc, 18f, 18f fdg, 68ga, dotatate, dotatoc,
            PSMA, cintilografia, gammagrafía, lymphoscintigra*, fluorodeoxyglucose, FDG PET CT,
            DMSA, radionuclide, gamma camera, sestamibi, MIP PET, PET computed tomogra*, 123i,
            131i, positron emission tomogra* computed tomogra*, thyroid scan, autoradiogra*,
            nuclear medicine
        """,
        2: """
            SUV, suvmax, standardized uptake, tracer, radiotracer, hypermetabol*, ventilation
            perfusion
        """,
        1: """
            uptake, photopenic, avid, hypometabolism, maximum intensit* projection, increased
            uptake, lymph node, node
        """,
    },
    "angiography": {
        4: """
            angiogra*, arteriogra*, venogra*, DSA, digital subtraction, fluoroscop*, coronary
            angiogra*, aortogra*, ventriculogra*, cholangiogra*, ERCP, endoscop* retrograde
            cholangio*, barium, barium enema, barium swallow, upper gi sery, upper
            gastrointestinal sery, cystogra*, urethrogra*, cystourethrogra*, voiding
            cystourethrogra*, VCUG, hysterosalpingogra*, myelogram, sialogra*, fistulogra*,
            arthrogram, pyelogra*, gastrografin, c arm, videofluoroscop*, cinefluoroscop*,
            defecogra*, cineangiogra*, cavogra*, phlebogra*, lymphangiogram, swallow study, small
            bowel follow through, discogra*, cateterismo, coronarogra*, urography, intravenous
            urography, epidurogram, dacryocystogra*, contrast swallow, nephrostogram,
            esophagogra*, oesophagogra*, contrast enema, shuntogra*, tubogram, gastrografin enema
        """,
        2: """
            catheterization, catheterisation, catheter angiogra*, embolization, embolisation,
            coil, coiling, guidewire, selective injection, contrast injection, stenting, balloon,
            contrast dye, extravasation, RCA, LAD, LCX, left main, cannulation, microcatheter
        """,
        1: """
            stent, stenosis, occluded, catheter, run off, collateral, contrast medium, contrast
            agent, feeder, nidus, fistula, coronary, ureter, occlusion, branch, aneurysm, artery,
            pseudoaneurysm, filling defect, bile duct, vessel, arterial, injection, narrowing,
            proximal
        """,
    },
    "fundus": {
        4.5: """
            fundus, fundus photogra*, fundoscop*, funduscop*, color fundus, colou* fundus, retinal
            photogra*, fluorescein angiogra*, indocyanine green angiogra*, ICGA, FFA, fundus
            autofluorescence, fundus fluorescein angiogra*, fundus image, ophthalmoscop*,
            retinography, optic disc photogra*, FAF, ultra widefield, retcam, retinal fundus,
            fundus fluorescein, fundus fluorescence
        """,
        3: """
            ICG, hypocyanescent, near infrared autofluorescence
        """,
        2: """
            optic disc, optic disk, macula, drusen, retinal vessel, cotton wool, retinal
            hemorrhage
        """,
        1: """
            retina, retinal, posterior pole, vitreous
        """,
    },
    "oct": {
        5: """
            optical coherence tomogra*, OCT, SD OCT, AS OCT, OCTA, OCT angiogra*, OCT image, FD
            OCT, spectr* domain oct, spectr* domain optical coherence tomogra*, SS OCT, OCT scan,
            anterior segment optical coherence tomogra*, optical coherence tomogra* angiogra*,
            swept source, spectr* domain, enhanced depth imaging
        """,
        4: """
            oct scan, oct image, macular oct, retinal oct, cirrus, spectr*, hd oct
        """,
        1.5: """
            foveal, subretinal fluid, ellipsoid zone, macular hole, choroidal thickness, b scan
        """,
        1: """
            retina, retinal, macular
        """,
    },
    "endoscopy": {
        5: """
            laparoscop* photogra*, endoscop* photogra*, arthroscop* photogra*, intraoperative
            laparoscop*, intraoperative arthroscop*, intraoperative endoscop*
        """,
        4.5: """
            endoscop*, colonoscop*, gastroscop*, bronchoscop*, laparoscop*, arthroscop*,
            cystoscop*, hysteroscop*, otoscop*, laryngoscop*, thoracoscop*, sigmoidoscop*, capsule
            endoscop*, esophagogastroduodenoscop*, esophagoscop*, nasoendoscop*, enteroscop*,
            ureteroscop*, duodenoscop*, videolaparoscop*, oesophagogastroduodenoscop*, rhinoscop*,
            EGD, narrow band imaging, chromoendoscop*, choledochoscop*, mediastinoscop*,
            cholangioscop*, videobronchoscop*, proctoscop*, colposcop*, cystourethroscop*,
            fetoscop*, neuroendoscop*, arthroscop* view, laryngostroboscop*
        """,
        1: """
            mucosa, polyp, lumen, gastric, colon, scope, ulcer, antrum, ileocecal, trocar,
            synechiae, robotic
        """,
    },
    "dermoscopy": {
        5: """
            dermoscop*, dermatoscop*, trichoscop*, epiluminescence, videodermoscop*
        """,
        1.5: """
            pigment network, reticular pattern, globule, blue white veil, milia like
        """,
        0.7: """
            nevus, melanoma, keratosis, pigmented lesion
        """,
    },
    "clinical_photo": {
        4: """
            clinical photogra*, intraoral photogra*, intra oral photogra*, extraoral photogra*,
            facial photogra*, preoperative photogra*, postoperative photogra*, patient photogra*,
            intraoperative photogra*, operative photogra*, gross photogra*, macroscopic photogra*,
            clinical picture, clinical appearance, clinical image, clinical view, intraoral view,
            extraoral view, intraoperative view, intraoperative image, intraoperative picture,
            intra operative, operative view, gross specimen, surgical specimen, gross appearance,
            resected specimen, operative specimen, excised specimen, macroscopic appearance,
            macroscopic view, macroscopic picture, macroscopic image, slit lamp, photo of the
            patient, photogra* of the patient, photogra* of patient, anterior segment photogra*,
            necropsy, gross pathology, gross examination, gross view, slit lamp photogra*,
            intraoral, intra oral, extraoral, extra oral, frontal view of the patient, occlusal
            view, occlusal photogra*, profile view, postoperative view, preoperative view, pre
            operative photogra*, intraoperative, per operative, surgical field, cadaver, autopsy,
            frontal photogra*, fotografia clínica, macroscópica, intraoperatoria, aspect clinique,
            vue peropératoire, pre treatment photogra*, pretreatment photogra*, posttreatment
            photogra*, retroillumination, macroscopic specimen, macroscopic finding, cut surface,
            slit lamp biomicroscop*, slit lamp examination, clinical photo, intraoperative photo,
            gross photo, preoperative photo, postoperative photo, intraoral photo, patient photo,
            physical exam, skin biopsy site, laparotomy, thoracotomy, craniotomy
        """,
        2: """
            photogra*, photo, gross, macroscopic, macroscopically, rash, skin lesion, erythem*,
            papule, plaque, ulcerat*, swelling, incision, dissection, flap, suture, wound,
            exophytic, scar, operative, surgical view, eruption, edentulous, denture, gingiva,
            gingival, occlusal, buccal, palatal, labial, diastema, appearance of the patient,
            harvest, harvested, surgical site, excised, resected, exposed, retractor, forcep,
            alopecia, nail dystrophy, lichenification, orthodontic, bracket, restoration, crown,
            veneer, specimen, dermatitis, explanted, debridement, tourniquet, cutaneous, physical
            examination, patient position, trocar placement, incised, sutured, anastomosis,
            peritoneum, sternotomy, umbilical cord, supine position, lesion of the face, draping,
            patient positioning, pus
        """,
        1: """
            appearance, picture, clinical, healing, hand, foot, finger, face, tooth, teeth, skin,
            surgical, patient, closure, postoperatively, left eye, right eye, cornea, corneal,
            conjunctiva*, eyelid, tongue, palate, donor site, graft, stitch, phase ii, phase i,
            treatment progress, smile, finishing, facial, dysmorphism, haematoma, hematoma, close
            up, deformity, contracture
        """,
    },
    "histopathology": {
        4: """
            h&e, h & e, hematoxylin, haematoxylin, hematoxylin eosin, hematoxylin and eosin, HE,
            haematoxylin and eosin, haematoxylin eosin, histolog*, histopatholog*, IHC, HPF,
            immunohistochem*, immunohistolog*, photomicrogra*, masson, masson trichrome,
            trichrome, periodic acid schiff, PAS stain*, PAS, congo red, jone silver, silver
            stain*, van gieson, movat, alcian blue, sirius red, safranin, oil red, nissl, luxol,
            HES, TUNEL, tissue section, stain* section, section stain*, microscop* view,
            microscop* appearance, immunoperoxidase, immunostain*, hpe, microphotogra*, frozen
            section, histochem*, microscop* examination, microscop* image, microscop* finding,
            histomorpholog*, corte histológico, histológica, histológico, hematoxilina, DAB,
            paraffin section, tissue microarray, TMA, biopsy specimen, verhoeff, prussian blue,
            anatomopatholog*, eosin, anti smooth muscle
        """,
        2: """
            original magnification, ki 67, ki67, cd20, cd34, CK7, microscop*, biopsy, low power,
            high power, low magnification, high magnification, magnification, hyperplasia,
            inflammatory infiltrat*, lymphocytic infiltrat*, spindle cell, tumor cell, tumour
            cell, neoplastic cell, lymphoma cell, epithelioid, glomerul*, tubular, crypt, villi,
            stroma, granuloma, giant cell, plasma cell, fibrosis, atypia, mitotic, nuclei,
            squamous, × 400, × 200, × 100, × 40, 40x, 100x, 200x, 400x, x400, x200, x100, 20x,
            10x, keratin pearl, intercellular bridge, stain*, toluidine blue, island of cell, ×
            20, immunoreactiv*, hyperchromatic, vacuol*, adenocarcinoma, carcinoma cell, sheet of
        """,
        1: """
            section, tissue, cell, epithelium, epithelial, infiltrat*, necrosis, tumor, tumour,
            dysplasia, carcinoma, positive, lamellar, mucosa, dermis, lymphocyte, macrophage,
            neutrophil
        """,
    },
    "cytology": {
        5: """
            cytolog*, smear, blood smear, blood film, peripheral blood smear, pap smear, FNAC,
            FNA, papanicolaou, fine needle aspirat*, fine needle aspirat* cytolog*, giemsa,
            wright, giemsa stain*, may grünwald giemsa, bone marrow aspirat*, cytospin,
            cytopatholog*, esfregaço, frotis, gram stain*, touch imprint, imprint cytolog*, diff
            quik, romanowsky, peripheral blood film, bone marrow smear, thick film, ziehl neelsen,
            metaphase, karyotyp*
        """,
        1: """
            blast cell, erythrocyte, aspirat*, leukocyte, platelet, basophil, parasitemia, × 1000
        """,
    },
    "light_microscopy": {
        4: """
            phase contrast, bright field, brightfield, differential interference contrast, DIC,
            light micrograph, light microscop*, stereomicroscop*, dark field, darkfield, LM,
            optical microscop*, DIC image, polarized light, optical micrograph, dissecting
            microscop*, nomarski, microscop* de luz, microscop* óptica, LM micrograph
        """,
        2: """
            in situ hybridi*, wound healing assay, scratch assay, transwell, colony formation,
            migration assay, hypha*, conidia, spore, pollen, crystal, oocyte, micrograph,
            microscop*, under the microscop*, cell morphology, alkaline phosphatase, x gal, lacz,
            whole mount, sa β gal, protoscol*, trophozoite, cyst of, embryo, blastocyst, larva of
        """,
        1.5: """
            optical image, photomicroscop*
        """,
        1: """
            scale bar, cultured, colony, zebrafish, sperm, bar =, cell line, × 1000, spheroid
        """,
    },
    "fluorescence_microscopy": {
        4.5: """
            confocal, immunofluoresc*, fluorescence microscop*, fluorescence micrograph, DAPI, IF,
            fluorescent micrograph, fluorescence image, fluorescent image, epifluorescence,
            hoechst, confocal laser, confocal microscop*, two photon, multiphoton, super
            resolution, TIRF, immunocytochem*, green fluorescent protein, live cell imaging, live
            imaging, FISH, fluorescence in situ hybridi*, phalloidin, calcium imaging, light
            sheet, SIM image, STORM, structured illumination, fluorescent immunostain*,
            mitotracker, indirect fluorescent, maximum intensit* projection, time lapse,
            lightsheet, airyscan, spinning disk, FRAP, immunolabel*, double labeling, double
            labelling, z stack, mitosox, propidium iodide
        """,
        3: """
            gfp, egfp, rfp, mcherry, yfp, venus, cy3, cy5, fitc, alexa, alexa fluor, rhodamine,
            colocali*, tdtomato, merge, merged, co localiz*, texa red, bodipy, autofluorescence
            image, live dead, fluorescent, fluorescence, subcellular locali*, counterstain*, SIM,
            cy5 labeled, mneongreen, lysotracker, mitochondrial membrane potential, reporter
            express*, immunolocali*, cfp
        """,
        1: """
            co express*, green, red, blue, magenta, localiz*, locali*, nuclei, neuron,
            transfected, axon, scale bar, synap*, puncta, antibody against, hela
        """,
    },
    "electron_microscopy": {
        5: """
            electron microscop*, electron micrograph, scanning electron, transmission electron,
            TEM, TEM image, SEM image, SEM micrograph, TEM micrograph, FE SEM, FESEM, HRTEM, HR
            TEM, STEM, SEM photogra*, SEM view, SEM of, SEM picture, cryo em, cryo electron,
            ultrastructur*, EM image, EM micrograph, backscattered, immunogold, immunoelectron,
            FIB SEM, cryo tem, SEM TEM, scanning microscop*, negative stain*, negatively stain*,
            atomic force microscop*, AFM, AFM image, microscop* eletrônica, microscop*
            electrónica, electron diffraction, SAED, HAADF, field emission, scanning electronic,
            electronic microscop*, by electron microscop*, electron tomogra*, ESEM, MEV, scanning
            electron microscop* image
        """,
        2: """
            nanoparticle, nanorod, nanotube, nanofiber, nanosheet, nanowire, EDS, EDX, lattice
            fringe, EM, morphology of nanoparticle, surface morphology, liquid cell,
            nanostructure, scanning
        """,
        1: """
            mitochondria, scale bar, 5000x, nm, microstructure, organelle, deposit, SEM
        """,
    },
    "gel_blot": {
        4.5: """
            western blot*, western blot* analysis, immunoblot, immunoblotting, WB, immunoblot
            analysis, blot*, northern blot*, southern blot*, gel electrophoresis, SDS PAGE,
            agarose gel, polyacrylamide gel, EMSA, mobility shift, dot blot*, coomassie, western,
            coomassie blue, gel shift, PAGE, pulldown, pull down, immunoprecipitat*, zymogra*, RT
            PCR gel, co immunoprecipitat*, coip, co ip, electrophoretic mobility shift, PFGE,
            pulsed field, pcr product, immuno blot*, western immunoblot, electrophoresis, 2D gel,
            DGGE, two dimensional electrophoresis, RT PCR product, gel filtration
        """,
        4: """
            phosphopeptide mapping
        """,
        2.5: """
            lane, kda, loading control, lysate, whole cell lysate, densitometr*, immunoblotted,
            ladder, molecular weight marker, β actin, gapdh, probed with, fractionat*, input, anti
            flag, anti ha, cleavage product, band intensit*, cell extract, protein express*
        """,
        1: """
            band, antibody, express* of protein, phosphorylat*, protein level, transfected with
        """,
    },
    "signal": {
        4.5: """
            electrocardiogra*, ECG, EKG, electroencephalogra*, EEG, electromyogra*, EMG, holter,
            electroretinogra*, ERG, polysomnogra*, 12 lead, twelve lead, telemetry, evoked
            potential, motor evoked, rhythm strip, cardiotocogra*, CTG, electrogram, intracardiac
            electrogram, focal electroretinogra*, eletrocardiograma, hypnogram, phonocardiogra*,
            photoplethysmogra*, PPG signal, local field potential, LFP, nerve conduction,
            audiogram, electro oculogra*, electronystagmogra*, capnogra*, magnetoencephalogra*,
            pressure tracing, visual evoked potential, VEP
        """,
        2.5: """
            lead v1, lead ii, ST elevation, ST segment, QRS, QT interval, atrial fibrillation,
            sinus rhythm, tracing, spike train, representative trace, waveform, sleep stage, raw
            trace, voltage trace, current trace, action potential, patch clamp, ventricular
            tachycardia, heart block, bundle branch block, t wave, whole cell recording, current
            recording
        """,
        1: """
            trace, recording, electrode, spike, channel, epoch, oscillation
        """,
    },
    "chart": {
        4: """
            bar chart, bar graph, bar plot, histogram, kaplan meier, kaplan meier curve, survival
            curve, forest plot, funnel plot, scatter plot, scatterplot, box plot, boxplot, box and
            whisker, ROC, roc curve, receiver operating characteristic, line graph, heatmap,
            violin plot, pie chart, volcano plot, bland altman, dose response curve, calibration
            curve, growth curve, principal component analysis, PCA, nmd, pcoa, multidimensional
            scaling, manhattan plot, radar chart, regression line, flow cytometr*, FACS, standard
            curve, calibration plot, rarefaction curve, learning curve, spectr*, chromatogram,
            HPLC, mass spectr*, melting curve, power spectr*, xrd, ftir, nmr spectr*, circular
            dichroism, tsne, UMAP, isotherm, gráfico, histograma, curva de, representação gráfica,
            representación gráfica, precision recall, nyquist, bubble plot, rose diagram, dot
            plot, stacked bar, ordination, xps, raman, scree plot, cumulative incidence, sankey,
            principal component, cluster heatmap, heat map, QTL scan, interval mapping, LOD score,
            genome wide association, manhattan
        """,
        2.5: """
            graph, plot, plotted, curve, error bar, whisker, mean ±, ± SEM, ± s e m, ± SD, ±
            standard, standard error, standard deviation, confidence interval, 95 % ci, p <, p =,
            n =, x axis, y axis, axe, axis, vertical axis, horizontal axis, mean ± SEM, mean ± SD,
            mean s e m, linear regression, correlation between, correlation coefficient, anova, t
            test, mann whitney, statistical significan*, statistically significan*, significan*
            difference, data are mean, data represent, data are, error bar represent, data point,
            bar represent, bar indicate, odd ratio, hazard ratio, survival, log rank, logarithmic,
            fold change, relative to control, quantification, quantified, quantitation,
            interquartile, mean value, mean, black line, solid line, dashed line, dotted line, red
            line, blue line, percentile, box represent, boxe represent, * * *, * *, fitted, open
            circle, filled circle, open bar, filled bar, black bar, white bar, grey bar, gray bar,
            each point, each dot, tukey, average, bonferroni, wilcoxon, linear fit, qpcr, real
            time pcr, qrt pcr, rt qpcr, elisa, triplicate, time course, independent experiment,
            regression, diffraction pattern, absorbance
        """,
        2: """
            viability, synergy, dose matrix, income, expenditure, burden, per capita, population,
            author calculation, gini, household
        """,
        1.5: """
            distribuição, número de, porcentagem, percentual, frequência, índice, evolução,
            proporção, riqueza, mediana, estimado, taxa, distribución, porcentaje, promedio,
            relación entre, média, prevalência, tendência, fréquence, median
        """,
        1: """
            root mean squared error, platelet trend, number of case, case by date, forecast, model
            2, potential distribution
        """,
        0.6: """
            distribution, distribution of, number of, percentage, percent, %, proportion,
            proportion of, frequency, rate, rate of, comparison of, comparison, effect of, level,
            level of, concentration, relationship between, correlation, association between,
            variation, change in, over time, versus, vs, trend, temporal, prevalence, incidence,
            ratio, score, index, total, per year, annual, monthly, increase in, decrease in,
            increased, decreased, reduction in, activity, profile, abundance, density, density of,
            probability, estimate, estimated, predicted, simulation, simulated, model 1, time
            sery, day, *, function of, as a function of, range, mrna, mrna express*, express*
            level, cumulative, value, temperature, velocity, response to, dose, dependence,
            measured, measurement of, weight, consumption, seasonal, diversity, sensitivity,
            cluster analysis, group, control group, bar, efficiency, performance, accuracy
        """,
        -1: """
            arrow, arrowhead, white arrow, black arrow, showing the, reveal, revealed, photogra*,
            image showing, year old, view, intraoperative, magnification, stain*
        """,
    },
    "diagram": {
        4: """
            schematic, schematic representation, schematic diagram, schematic illustration,
            schematic drawing, schematically, scheme, diagram, flow chart, flowchart, flow
            diagram, flowsheet, PRISMA, consort, workflow, work flow, conceptual framework,
            conceptual model, cartoon, line drawing, drawing, illustration, graphical abstract,
            map of, map showing, location map, study area, study site, sampling site, sampling
            location, phylogenetic tree, phylogeny, phylogram, cladogram, dendrogram,
            phylogenetic, maximum likelihood tree, neighbor joining tree, chemical structure,
            molecular structure of, structural formula, structure of compound, venn diagram,
            proposed mechanism, proposed model, timeline, study design, experimental design,
            experimental timeline, block diagram, circuit diagram, decision tree, sequence
            alignment, multiple sequence alignment, pedigree, mechanism of action, hypothetical
            model, working model, network diagram, ppi network, plasmid map, gene map, genetic
            map, vector map, fluxograma, esquema, diagrama, organograma, árvore filogenética, area
            of study, synthesis of compound, synthetic route, reaction scheme, algorithm for, flow
            of participant, topographic map, haplotype network, maximum clade credibility,
            consensus tree, neural network architecture, overview of, metabolic pathway, signaling
            pathway, signalling pathway, illustrative diagram, diagrammatic, graphic
            representation of the model, trial profile, data flow, strobe flow, artist s,
            infographic
        """,
        3: """
            localiz* da área, área de estudo, árvore, esquemática, esquemático, modelo conceitual,
            localiz*, ubicación
        """,
        2.5: """
            parsimony, inference tree, parsimonious tree, nodal support, posterior probability at
            node
        """,
        2: """
            overview, pipeline, architecture, mechanism, pathway, hypothesis, interaction network,
            network, process, procedure, strategy, geographic location, geographical location,
            collection site, clade, illustrate, illustrating, depiction, depicted, design of,
            algorithm, system, concept, step, stage of, life cycle, organization of, genome
            organization, gene structure, domain structure, domain organization, domain
            architecture, alignment, alignment of, bootstrap, bayesian tree, selection process,
            representation of, representing, protocol, setup, structure of the, theoretical model,
            interaction between, amino acid sequence, nucleotide sequence, relationship of, model
            of, biosynthe*, location of, province, circuit, enrolment, enrollment, participant
            flow, patient selection, inclusion, exclusion criteria, recruitment, construct,
            primer, locus, conserved domain, topology, consideration, role of, interplay, map,
            framework, proposed framework, theoretical framework
        """,
        1: """
            model, structure, sequence, regulation, signaling, signalling, approach, method,
            activation of, cascade, hierarchy, tree, location, region of, component, relationship,
            stage, cycle, loop, exon, illustrated, example of, component of, patient counseling,
            care, education, role, compound
        """,
    },
    "render_3d": {
        4: """
            3d reconstruction, three dimensional reconstruction, 3 d reconstruction, volume
            rendering, volume rendered, crystal structure, x ray structure, ribbon representation,
            ribbon diagram, surface representation, cartoon representation, molecular docking,
            docking, homology model, finite element, 3d model, 3 d model, three dimensional model,
            3d structure, three dimensional structure, PDB, pdb code, electrostatic surface,
            electrostatic potential, molecular model, 3d rendering, virtual model, 3 dimensional
            reconstruction, surface rendering, 3d image, 3 d ct, 3d ct, three dimensional ct,
            three dimensional computed tomogra*, structural model, stl, 3d volume, molecular
            dynamic, cryo em structure, superposition, superimposition of structure, structure
            alignment, binding pocket, binding site residue, virtual planning, 3 d image,
            reconstruction 3d, 3d scan, 3 d reconstructed, 3d reconstructed, three dimensional
            reconstructed, active site, solvent accessible, protein structure, nmr structure,
            three dimensional image, 3d printed model, cad model, geometry model
        """,
        2: """
            å, å resolution, residue, side chain, hydrogen bond, rendered, hydrophobic, α helix,
            stick, digital model, virtual, superimposed, interface residue, monomer, dimer,
            conformation, software planning, helix, implant planning, surgical guide, protomer,
            ligand, n terminal domain, catalytic domain, subunit
        """,
        1: """
            three dimensional, 3d, 3 d, reconstruction, atom, simulation of, plug in, software
        """,
        0.7: """
            mesh
        """,
    },
    "table_or_screen": {
        4: """
            screenshot, screen shot, screen capture, graphical user interface, user interface,
            GUI, web page, webpage, web interface, questionnaire, table, website, tabela, tabla,
            tableau, cuestionario, display of the software, main window, home page, checklist,
            print screen, dialog box, data entry form, interface of, questionário, listing of,
            snapshot of the, output of the server
        """,
        2: """
            search result, list of, form used, input form, text, window, dashboard, app, server,
            code, page
        """,
        1: """
            significan* gene, summary of, characteristic of, classification, criteria, overlap,
            item
        """,
    },
    "other": {
        4: """
            holotype, paratype, habitus, sp nov, sp n, n sp, n gen, gen nov, neotype, lectotype,
            syntype, photogra* of the site, photogra* of the apparatus, experimental setup,
            experimental set up, experimental apparatus, photogra* of the device, photogra* of
            device, satellite image, satellite imagery, aerial photogra*, bioluminescence imaging,
            in vivo imaging, ivis, thermal image, thermogra*, fossil, infrared image, google
            earth, live specimen, live coloration, habitat of, type locali*, museum, ex vivo epi
            fluorescence, ex vivo imaging, ex vivo fluorescence, radiant efficiency, underwater,
            petri dish, dorsal habitus, third stage larva, mosquito breeding, field photogra*,
            portrait
        """,
        2.5: """
            dorsal view, ventral view, dorsal and ventral, lateral view of male, male genitalia,
            larvae, pupae, specimen, flower, leaf, leave, fruit, plant, seedling, insect, beetle,
            bird, nest, apparatus, prototype, device, instrument, chamber, device used, equipment,
            sensor, robot, camera, trap, colony, agar plate, scaffold, hydrogel, implant system,
            syringe, microfluidic, colony on, anterior view, forest, river, photogra* of the,
            photogra* showing, building, village, mice, device for, specimen fmnh, usnm,
            earthworm, fish, snake, frog, spider, soil, rock, tool, bottle, machine, kit,
            excavation
        """,
        2: """
            stimuli, stimulus, buffalo, breeding site, caudal, posterolateral, anterolateral,
            dorsolateral, medial view, photo taken, engraving, portrait of, painting, helmet, test
            machine, testing machine, locali*, train set, simulator
        """,
        0.8: """
            larva, larval, pupa, instar, species, animal, dorsal, ventral, plate
        """,
        0.5: """
            photogra*, photo, picture, colou*, coloration, male, female, adult, wing, head, leg,
            material, set up, sample, setup, field, site, in the field, worker, volunteer,
            training, tissue, imaging, tube, cup
        """,
    },
}
