"""What weakens or turns the phrases of a caption: traps, other meanings, and subjects."""

from __future__ import annotations

# Phrases that hold the name of a kind and mean something else: they say nothing.
TRAPS = """
    CT value, ct value, CT method, CT threshold, δct, δδct, delta CT, 2 δδct, new haven CT, CT
    USA, hartford CT, CT DNA, CT 06510, CT group, OCT compound, OCT embedded, OCT medium, tissue
    tek OCT, tissue tek, OCT 4, OCT4, oct 4, PET film, PET bottle, PET membrane, PET fiber, PET
    RAFT, MR jet, severe MR, moderate MR, mild MR, MR grade, MR severity, MR proadm, MR analysis,
    MR egger, ± SEM of, SEM n, standard error of the mean, US FDA, the US, US population, US
    state, US military, US department, US CDC, in the US, US adult, US dollar, US census,
    structural equation, IF neuron, mouse model of, animal model of, rat model, mouse model,
    animal model, regression model, EM algorithm, HE stain* solution, in vitro model, PAS domain,
    PAGE et al, table 1, table 2, table 3, table 4, table s1, see table, clinical trial, water
    table, supplementary table, CT dose, SPECT ratio, blot* clot, US patient, US national, US
    veteran, magnetic resonance guided, echo* time, repetition time, signal peptide, cell signal,
    signal transduction, plate reader, radiographic parameter, skin incision, muscle section,
    cross section of, time of day, per day, side view, top view, scale bar =, tissue culture,
    mouse strain, species richness, number of species, plant per, plant height, mean trait, median nerve,
    median umbilical, median sternotomy, median raphe
"""

# Phrases that give an acronym another meaning in the whole text.
MEANINGS: dict[str, str] = {
    "MR": """
        mitral regurgitation, mendelian randomi*, mineralocorticoid receptor, methyl red
    """,
    "PET": """
        polyethylene terephthalate, terephthalate, polyethylene, polymer film
    """,
    "CT": """
        cycle threshold, threshold cycle, connecticut, calcitonin, chlamydia, cholera toxin,
        computational thinking, cycle threshold value, control trial
    """,
    "OCT": """
        optimal cutting temperature, octopamine, octreotide, ornithine
    """,
    "SEM": """
        structural equation model*, standard error of mean, standard error of the mean
    """,
    "US": """
        united state, united state of america, upstream
    """,
    "IF": """
        impact factor, intermediate filament, intermittent fasting, interferon
    """,
    "EM": """
        expectation maximi*, environmental management, erythema migran, effective mass
    """,
    "ROC": """
        restricted maximum, restriction of contact, region of convergence
    """,
    "TEM": """
        trophoblast ectoderm, transposable element
    """,
    "HE": """
        hepatic encephalopathy, health education, hereditary elliptocytosis, heat expansion
    """,
    "PAS": """
        pulmonary artery sling, para aminosalicylic
    """,
    "ERG": """
        ets related gene, erythroblast transformation
    """,
    "DIC": """
        disseminated intravascular coagulation, dissolved inorganic carbon, deviance information
    """,
}

# Before a phrase: what was not done, done elsewhere, or is merely compared.
WEAKENED_AFTER = """
    not, no, without, unlike, neither, nor, confirmed by, confirmed on, confirmed with, confirmed
    at, compared with, compared to, in contrast to, rather than, instead of, prior to, before,
    subsequent, subsequently, underwent, negative on, normal on, invisible on, missed on, despite,
    suspected on, based on, on the basis of, similar to, correlated with, correlation with,
    corresponding to, previous, earlier, with the aid of, derived from, obtained from, extracted
    from, calculated from, measured by, measured on, assessed by, determined by, detected by,
    segmented from
"""

# After a phrase: the verb of another finding, or a guide of what is shown.
WEAKENED_BEFORE = """
    confirm*, guided, guidance, was normal, were normal, was negative, did not, failed to, was
    not, were not, compatible, based, finding were, is recommended, was performed, were performed,
    was unremarkable, derived, not performed, conditional, measurement, feature extracted, data
    set, dataset, cohort, scanner table, machine, scanner, report
"""

# Words that end the head of a caption: what stands before them names the picture.
HEAD_ENDS = """
    show, showing, showed, shown, reveal, revealed, revealing, demonstrat*, depict*, illustrat*,
    indicat*, displaying, display, with, from, after, before, during, in, at, following,
    presenting, obtained, taken, performed, suggest*, confirm*
"""

# Subjects that make a microscope picture or photograph no medical one, and those that do.
NOT_MEDICAL = """
    nanoparticle, nanotube, nanorod, nanofiber, nanosheet, nanowire, nanostructure, nanocomposite,
    composite, polymer, alloy, graphene, oxide, catalyst, electrode, metamaterial, film, thin
    film, coating, concrete, steel, powder, calcination, annealing, silica, cellulose, hydrogel,
    membrane morphology, resin, battery, photocatal*, electrocatal*, silver, gold, mortar,
    zeolite, carbonization, holotype, paratype, habitus, sp nov, sp n, n sp, larva, larvae, pupa,
    insect, beetle, plant, leaf, leave, root of, flower, fruit, seed, pollen, fossil, soil, rock,
    fungus, hyphae, mosquito, ant, spider, wasp, fly, drosophila, arabidopsis, fish, bird, frog,
    snake, earthworm, apparatus, prototype, device, sensor, landscape, forest, river, satellite,
    village, building, underwater, species, worker, queen, museum, instar, crystallite,
    nanocrystal, microstructure, explosive, azide, yeast, bacteria, e coli, biofilm, diatom, alga,
    algae, worm, elegan, seawater, hydrothermal, vent, coral
"""
MEDICAL = """
    patient, case report, year old, biopsy, tumor, tumour, cancer, carcinoma, lesion, surgery,
    surgical, clinical, disease, postoperative, preoperative, intraoperative, syndrome, metasta*,
    adenoma, sarcoma, lymphoma, diagnos*, resected, autopsy, human, hospital, therapy, treatment,
    anatomy, fracture, infection, liver, kidney, lung, brain, heart, skin, bone, retina, cornea,
    colon, stomach, mucosa, uterus, ovary, prostate, breast, bladder, pancreas, spleen, thyroid,
    mice, mouse, rat, tissue, organ, xenograft, implant placement, mandible, maxilla, tooth,
    teeth, oral, gingiva*, edema, pathology
"""
