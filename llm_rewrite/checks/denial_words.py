"""Words of denial, doubt and proof, and those that end what such a word reaches."""

from __future__ import annotations

from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed

NO = listed(
    """
    no without not nor neither never n't none cannot lack lacks lacking lacked absent
    absence denies denied negative fails failed excluded excludes excluding nonvisualization
    nothing minus
    """
)
FORWARD = listed(
    """
    no without not nor neither never cannot lack lacks lacking lacked denies denied nothing
    minus
    """
)
FORWARD_OF = {"absence": ("of",), "free": ("of", "from"), "negative": ("for",), "resolution": ("of",),
               "disappearance": ("of",), "devoid": ("of",), "clear": ("of",), "rather": ("than",),
               "instead": ("of",), "exclusion": ("of",), "excludes": (), "lack": ("of",),
               "loss": ()}  # fmt: skip
BACKWARD = listed("""
    absent excluded negative resolved disappeared lacking missing invisible undetectable
    """)
SURELY_NOT = listed("only just necessarily merely")
HEDGES = listed(
    """
    possible possibly probable probably suspected suspect suspicious likely may might could
    presumed presumably questionable suggestive suggesting suggest suggests suggested
    indicative concerning potential potentially perhaps equivocal indeterminate unclear
    uncertain differential presumptive query think thought believed considered suspicion
    worrisome mimicking interpreted proposed hypothesized putative tentatively apparently
    hypothetical likeliest
    """
)
SOFT = {"consistent": "with", "compatible": "with", "keeping": "with", "indicative": "of",
         "suspicious": "for"}  # fmt: skip
WEAK = listed(
    """
    may might could think thought believed considered query unclear differential potential
    potentially mimicking
    """
)
SURE = listed(
    """
    confirmed confirming confirms proven proved proves definite definitely definitive
    diagnostic pathognomonic established undoubtedly certainly proving doubt unequivocally
    undoubted indisputably
    """
)
STOPS = listed("""
    but however although though while whereas which who that where when except because since as
    is are was were be been being has have had shows show showed showing demonstrates
    demonstrating reveals revealing with due causing after before during following despite
    indicating there
    """)
PLACES = listed("""
    in within at on to near around from between over above below under through for by into of
    """)
LIGHT = keys_of(
    """
    evidence sign signs indication suggestion feature finding presence trace area focus
    other further additional definite obvious apparent significant clear any demonstrable
    visible seen identified noted detected present demonstrated residual associated new
    gross appear occur exist remain
    """
)
OBJECTS = listed("it them the a an this that these its him her his their both")
MEANS = listed("represent reflect indicate suggest correspond mimic have result")
CONTRASTED = listed("with in from by for of on at")
SEEMS = keys_of("appear seem")
SHOWS = keys_of("show demonstrate reveal display exhibit contain depict")
MOST = 8
