"""Qualifiers that exclude one another: mild and severe, upper and lower, T1 and T2, red and blue."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import pairwise

from llm_rewrite.checks.assertions import assertions
from llm_rewrite.checks.poles import Group, changed, poles
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import key

_Q = "qualifier_changed"


def _group(
    added: str = "",
    after: str = "",
    before: str = "",
    noun: str = "",
    bound: bool = False,
    **words: str,
) -> Group:
    return Group(
        _Q,
        poles(**words),
        frozenset(added.split()),
        frozenset(after.split()),
        frozenset(before.split()),
        frozenset(noun.split()),
        bound,
    )


GROUPS = (
    _group(
        mild="mild mildly slight slightly minimal minimally minor subtle",
        moderate="moderate moderately",
        severe="severe severely marked markedly massive massively pronounced gross greatly",
        added="mild moderate severe", noun="marked gross",
    ),
    _group(
        upper="upper uppermost superior superiorly above", lower="lower lowermost inferior inferiorly below",
        after="panel panels row rows image images than",
    ),
    _group(
        anterior="anterior anteriorly ventral ventrally front",
        posterior="posterior posteriorly dorsal dorsally behind",
    ),
    _group(ap="anteroposterior ap", pa="posteroanterior pa"),
    _group(proximal="proximal proximally", distal="distal distally"),
    _group(medial="medial medially", lateral="lateral laterally"),
    _group(internal="internal internally inner", external="external externally outer"),
    _group(superficial="superficial superficially", deep="deep deeply"),
    _group(central="central centrally", peripheral="peripheral peripherally"),
    _group(cranial="cranially cephalad rostral rostrally", caudal="caudal caudally caudad"),
    _group(benign="benign", malignant="malignant malignancy cancerous", added="benign malignant"),
    _group(
        acute="acute acutely", subacute="subacute", chronic="chronic chronically",
        added="acute chronic subacute",
    ),
    _group(
        more="""increased increase increases increasing elevated elevation raised rise more larger
        bigger higher grown rose risen gained""",
        less="""decreased decrease decreases decreasing reduced reduction reduces diminished less smaller lower
        shrunk shrunken declined fell fallen dropped depressed""",
        noun="more less",
        after="lobe lobes lung limb pole extremity third half part portion back abdomen leg jaw",
    ),
    _group(large="large largest huge giant big enlarged bulky", small="small smallest tiny"),
    _group(high="high highest highly", low="low lowest", after="lobe lobes lung limb pole"),
    _group(wide="wide widened widening broad", narrow="narrow narrowed narrowing"),
    _group(greater="greater", lesser="lesser", after="than"),
    _group(
        diffuse="diffuse diffusely generalized generalised widespread",
        focal="focal focally localized localised circumscribed",
    ),
    _group(
        normal="normal normally unremarkable intact preserved",
        altered="""abnormal abnormally increased enlarged dilated thickened reduced decreased elevated
        atrophic deformed ruptured torn""",
        bound=True,
    ),
    _group(
        positive="positive positively positivity", negative="negative negatively negativity",
        after="control controls predictive pressure margin",
    ),
    _group(
        axial="axial cross axially transverse transaxial transversal", coronal="coronal",
        sagittal="sagittal saggital", added="axial coronal sagittal",
    ),
    _group(t1="t1 t1w t1wi", t2="t2 t2w t2wi", added="t1 t2"),
    _group(
        earlier="before preoperative preoperatively precontrast pretreatment prior unenhanced pre",
        later="after postoperative postoperatively postcontrast posttreatment following post",
    ),
    _group(arterial="arterial", venous="venous portal"),
    _group(systolic="systolic systole", diastolic="diastolic diastole"),
    _group(
        male="male man boy men boys males he his him", added="male female",
        female="female woman girl women girls females she her hers",
    ),
    _group(
        adult="adult adults elderly",
        child="child children infant infants newborn neonate neonates pediatric paediatric fetus",
    ),
    _group(
        single="single solitary isolated one",
        multiple="multiple numerous several many innumerable multifocal",
        few="few", before="case no only how a", after="of",
    ),
    _group(
        complete="complete completely total totally entire entirely fully",
        partial="partial partially incomplete incompletely partly",
    ),
    _group(open="open opened", closed="closed"),
    _group(thick="thick thickened thickening", thin="thin thinned thinning"),
    _group(
        bright="""bright brighter hyperintense hyperintensity hyperintensities hyperdense hyperdensity
        hyperechoic hyperattenuating""",
        dark="""dark darker hypointense hypointensity hypointensities hypodense hypodensity hypoechoic
        hypoattenuating""",
    ),
    _group(
        lucent="radiolucent radiolucency radiolucencies lucent lucency",
        opaque="radiopaque radiopacity radiopacities radioopaque",
    ),
    _group(scanning="scanning", transmission="transmission", bound=True),
    _group(solid="solid", cystic="cystic"),
    _group(
        homogeneous="homogeneous homogeneously homogenous homogenously",
        heterogeneous="heterogeneous heterogeneously heterogenous heterogenously inhomogeneous",
    ),
    _group(well="well richly", ill="ill poorly sparsely", before="as may", after="as being known"),
    _group(long="long longer", short="short shorter"),
    _group(early="early earlier", late="late"),
    _group(
        worse="worsening worsened progression progressive progressed deteriorated deterioration",
        better="improvement improved improving regression resolved resolution regressed",
    ),
    _group(primary="primary", secondary="secondary", after="to"),
    _group(ascending="ascending", descending="descending", before="anterior"),
    _group(horizontal="horizontal horizontally", vertical="vertical vertically"),
    _group(outward="outward outwards", inward="inward inwards"),
    _group(clockwise="clockwise", counter="counterclockwise anticlockwise"),
    _group(direct="direct directly", inverse="inverse inversely"),
    _group(convex="convex", concave="concave"),
    _group(smooth="smooth smoothly", irregular="irregular irregularly spiculated rough"),
    _group(soft="soft", hard="hard firm", after="tissue tissues palate"),
    _group(flexion="flexion flexed", extension="extended", after="to into"),
    _group(inspiration="inspiration inspiratory", expiration="expiration expiratory"),
    _group(supine="supine", prone="prone", upright="upright erect standing"),
    _group(valgus="valgus", varus="varus"),
    _group(radial="radial radius", ulnar="ulnar ulna"),
    _group(antegrade="antegrade anterograde antegradely anterogradely", retrograde="retrograde retrogradely"),
    _group(palmar="palmar volar", plantar="plantar"),
    _group(buccal="buccal", lingual="lingual", palatal="palatal"),
    _group(ipsilateral="ipsilateral", contralateral="contralateral"),
    _group(abducted="abduction abducted", adducted="adduction adducted"),
    _group(initial="initial", final="final"),
    _group(
        arrow="arrow arrows", arrowhead="arrowhead arrowheads",
        asterisk="asterisk asterisks star stars", circle="circle circles",
    ),
    _group(
        red="red", blue="blue", green="green", yellow="yellow", orange="orange", white="white",
        black="black", purple="purple violet", pink="pink", brown="brown", grey="grey gray",
        cyan="cyan", magenta="magenta", after="matter blood cell cells",
    ),
    _group(solid_="solid", dashed="dashed dotted", hollow="hollow open", after="mass component part"),
)  # fmt: skip

# The places of a word's groups.
_OF_WORD: dict[str, tuple[int, ...]] = {
    word: tuple(place for place, group in enumerate(GROUPS) if word in group.poles)
    for word in {word for group in GROUPS for word in group.poles}
}

# What stands before the same rest of a word and turns it round.
_PREFIXES = (
    ("hyper", "hypo"), ("hyper", "iso"), ("hypo", "iso"), ("intra", "extra"), ("supra", "infra"),
    ("pre", "post"), ("macro", "micro"), ("tachy", "brady"), ("ante", "retro"), ("uni", "bi"),
    ("uni", "multi"), ("mono", "poly"), ("ab", "ad"), ("endo", "exo"), ("infra", "supra"),
    ("intra", "inter"), ("hyper", "an"), ("hypo", "an"), ("epi", "sub"), ("supra", "sub"),
    ("antero", "postero"), ("eu", "hypo"), ("eu", "hyper"), ("radio", "radio"),
)  # fmt: skip
_DENYING = ("un", "non", "in", "ir", "im", "ab", "a", "dis")
_TURNED = {p: [q for a, b in _PREFIXES for q in ((b,) if a == p else (a,) if b == p else ()) if q != p]
           for p in {p for pair in _PREFIXES for p in pair}}  # fmt: skip


def qualifiers(text: Reading, source: Reading, saw_pictures: bool) -> Iterator[tuple[str, str]]:
    """Qualifiers of the text that the source contradicts."""
    told = [_OF_WORD[word] for word in text.words if word in _OF_WORD]
    for place in sorted({place for places in told for place in places}):
        group = GROUPS[place]
        yield from changed(text, source, group, saw_pictures)
    yield from _prefixes(text, source)
    yield from _denying(text, source)
    yield from _denied_noun(text, source)


def _prefixes(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Hypointense for hyperintense, unruptured for ruptured."""
    for i, word in enumerate(text.words):
        if len(word) < 7 or word in source.known or not word.isalpha():
            continue
        for prefix, others in _TURNED.items():
            if word.startswith(prefix):
                rest = word[len(prefix) :]
                for other in others:
                    if len(rest) >= 4 and other + rest in source.known:
                        yield _Q, f"'{text.around(i)}', source has '{other + rest}'"


def _denying(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Ruptured for unruptured, and the other way round, where neither is denied besides."""
    own, theirs = assertions(text), assertions(source)
    without = {k: word for word, k in _without_prefix(source) if k not in source.keys}
    for i, word in enumerate(text.words):
        k = text.keys[i]
        if len(word) < 6 or not k or k in source.keys or text.sentences[i] in own.marked:
            continue
        if k in without and not any(j in own.phrased for j in (k,)):
            yield "negation_flipped", f"'{text.around(i)}', source has '{without[k]}'"
        for rest in _rests(word):
            denied = rest in theirs.phrased or _after_non(rest, source)
            if rest in source.keys and not denied:
                yield "negation_flipped", f"'{text.around(i)}', source without '{word[:3]}'"


def _denied_noun(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """ "A nonossified zone" told as "an ossified zone", though both forms are in the source."""
    for one, other in ((source, text), (text, source)):
        denied = {}
        for i, word in enumerate(one.words[:-1]):
            for rest in _rests(word) if word.startswith(("non", "un")) else ():
                if one.keys[i + 1] and rest in other.known:
                    denied[rest, one.keys[i + 1]] = i
        both = {k for _, k in _without_prefix(other)} if denied else set()
        denied = {pair: i for pair, i in denied.items() if pair[0] not in both}
        if not denied:
            continue
        stated = {pair for pair in pairwise(one.keys) if pair in denied}
        marked = assertions(other).marked
        for i, pair in enumerate(pairwise(other.keys)):
            plain = pair in denied and pair not in stated and other.sentences[i] not in marked
            if plain and not _after_non(pair[0], other):
                here, there = other.around(i), one.around(denied[pair])
                own, theirs = (here, there) if one is source else (there, here)
                yield "negation_flipped", f"'{own}', source '{theirs}'"
                return


def _without_prefix(reading: Reading) -> Iterator[tuple[str, str]]:
    for word in dict.fromkeys(reading.words):
        for rest in _rests(word):
            yield word, rest


@functools.lru_cache(maxsize=65_536)
def _rests(word: str) -> tuple[str, ...]:
    """The keys of what is left of a word without a denying prefix."""
    if not word.startswith(_DENYING):
        return ()
    found = [p for p in _DENYING if word.startswith(p) and len(word) - len(p) > 4]
    return tuple(key(word[len(p) :]) for p in found)


def _after_non(k: str, source: Reading) -> bool:
    """`noncontrast-enhanced`: denied by the word before."""
    return any(
        key(word) == k and any(w.startswith("non") for w in source.words[max(0, i - 3) : i])
        for i, word in enumerate(source.words)
    )
