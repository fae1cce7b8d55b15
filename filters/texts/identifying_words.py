"""Given names that are common somewhere, and capitalised words that are no names."""

from __future__ import annotations

from filters.texts.words import FUNCTION, VERBS, listed

GIVEN = listed("""
    aaron abdul abdullah abigail abraham adam adele adrian agnes ahmad ahmed aisha akira alan albert
    alejandro aleksandra alessandro alex alexander alexandra alfred ali alice alicia alison amanda
    amelia amina amir amit amy ana anastasia andre andrea andreas andrei andres andrew angela angelo
    anil anita anja ann anna anne annette anthony antoine antonio anwar april arjun arthur arun
    asha ashley astrid aurora ayesha barbara beatrice beatriz ben benjamin bernard beth betty bianca
    birgit bjorn boris brandon brenda brian bridget bruce bruno caitlin camila carl carla carlos
    carmen carol caroline catherine cecilia charles charlotte chen cheryl chloe chris christian
    christina christine christopher claire clara claude claudia colin connor craig cristina cynthia
    daniel daniela danielle david deborah denis dennis derek diana diane diego dieter dimitri dmitri
    dolores dominic donald donna doris dorothy douglas duncan dylan edgar edith eduardo edward edwin
    eileen elaine eleanor elena eli elisa elisabeth elizabeth ella ellen elsa emil emily emma enrique
    eric erik erika erin ernest esther ethan eugene eva evelyn fabio farah fatima felipe felix
    fernanda fernando fiona florence frances francesca francesco francis francisco frank franz
    fred frederick friedrich gabriel gabriela gareth gary geoffrey george gerald gerard gertrude
    gina giovanni giulia giuseppe gloria gordon grace greg gregory greta guillermo gunther gustav
    hamza hannah hans harold harriet harry hassan heather hector heidi heinrich helen helena helga
    henri henrik henry herbert hiroshi howard hugh hugo hussein ian ibrahim ida igor ines inge
    ingrid irene iris isaac isabel isabella ismail ivan jack jacob jacqueline jacques jaime james
    jamie jan jane janet janice jason javier jean jeanne jeffrey jennifer jeremy jerome jerry jessica
    jill jim jing joan joanna joao joe joel johan johann johanna john jonas jonathan jorge jose josé
    josef joseph joshua joyce juan juana judith judy julia julian juliana julie jun jürgen karen
    karin karl katarzyna kate katherine kathleen kathryn keith kelly ken kenneth kenji kevin khalid
    kim kimberly klaus krishna kristen krzysztof kumar kurt kwame kyle lakshmi lars laura lauren
    laurent lawrence leah lee lena leo leon leonard leonardo leslie li liam lilian lillian linda
    lisa liu logan lois lorenzo louis louise lucas lucia lucy luigi luis luisa luiz lukas lydia lynn
    mahmoud malcolm manuel marc marcel marcia marco marcus margaret maria maría marian marie marina
    mario marion mark markus marta martha martin martina mary mateo matthew maureen maurice max maya
    megan mehmet mei melissa michael michel michelle miguel mikhail mildred mohamed mohammad mohammed
    mohan moira monica monika muhammad mustafa nadia nancy naomi natalia natalie natasha nathan
    neil nicholas nicola nicolas nicole nigel nikolai nina nora norma norman olga oliver olivia omar
    oscar otto pablo pamela paola paolo patricia patrick paul paula pauline pavel pedro penelope
    peter petra philip philippe phyllis pierre pietro priya rachel rafael rahul raj rajesh ralph ram
    ramesh ramon raul ravi raymond rebecca regina renata ricardo richard rita robert roberto robin
    rodrigo roger roland roman ronald rosa rosemary roy ruben rudolf russell ruth ryan salma sam
    samantha samuel sandra sanjay santiago sara sarah scott sean sebastian sergei sergio seth shah
    shane sharon sheila shirley simon simone sofia sonia sophia sophie stanislav stefan stella
    stephanie stephen steve steven stuart sunil sunita susan suzanne svetlana sylvia takashi tamara
    tanya tatiana teresa terry theodore theresa thomas tim timothy tina todd tomasz tony tracy trevor
    ursula valentina valerie vanessa vera veronica victor victoria vijay vincent viola virginia
    vladimir walter wang wanda warren wayne wei wendy werner wilhelm william winston wolfgang xavier
    yan yang yasmin yolanda yoko yuki yusuf yvonne zhang zoe
    """)

NOT_NAMES = (
    FUNCTION
    | VERBS
    | listed("""
    january february march april may june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
    age aged sex male female dob date birth exam study series image images figure fig figs table
    panel panels case cases id number numbers no name names address phone
    patient patients control controls group groups subject subjects individual healthy
    characteristics demographics outcomes population baseline history selection flow recruitment
    consent information data records record care safety reported satisfaction position positioning
    health questionnaire treatment therapy treated treating survival status type types stage grade
    denies states complains admits reports tolerated underwent received presenting presented
    presentation admitted discharged died developed aspirin placebo trauma
    a b c d e f g h i ii iii iv v vi vii viii ix x
    axial coronal sagittal transverse oblique lateral frontal anterior posterior superior inferior
    left right upper lower middle medial distal proximal bilateral
    computed magnetic resonance tomography imaging angiography angiogram urography cholangiography
    spectroscopy venography enterography elastography arthrography mammography ct mr mri mra mrcp pet
    spect us usg ecg eeg echo echocardiography ultrasound ultrasonography radiograph radiography
    radiology pathology histology histopathology cytology biopsy endoscopy colonoscopy scan scans
    contrast enhanced unenhanced weighted spin gradient diffusion perfusion fusion fluoroscopy
    x-ray xray chest brain head neck spine abdomen abdominal pelvis pelvic thorax thoracic knee hip
    shoulder liver kidney heart lung breast skull face foot hand wrist ankle eye ocular retinal
    before after during pre post preoperative postoperative follow-up followup initial final
    clinical photograph photographs photo picture illustration schematic diagram drawing map plot
    graph chart flowchart western blot blots gel gels microscopy electron light confocal
    hôpital hospitals ospedale klinik klinikum krankenhaus universität université universidad
    universidade università chief associate assistant professor surgeon pr scientific
    hospital university clinic centre center institute department school college medical society
    association foundation ministry laboratory laboratories unit ward division service services
    company corporation inc ltd gmbh press journal elsevier springer wiley biomed nature
    united states kingdom new south north east west central africa america europe asia australia
    disease syndrome tumor tumour cancer carcinoma lymphoma sarcoma fracture lesion mass nodule cyst
    infection surgery procedure technique test score scale index sign criteria classification
    anonymous anonymized anonymised anonym phantom unknown none test demo removed redacted withheld
    xxxx siemens philips toshiba ge olympus samsung hitachi canon aloka medison supine prone erect
    portable standing unit units kv ma kvp mas tr te se im fov thk nex
    sample samples specimen specimens source sources author authors note notes arrow arrows
    miss rate missing error time total mean median change changes ratio risk level levels high low
    dear madam sir editor colleagues private public
    creative commons license licence attribution copyright permission adapted modified reproduced
    health national international world american european british royal general regional
    """)
    - {"may", "april", "june", "august"}
    | listed("may")
)
