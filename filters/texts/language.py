"""In which language a text is, as a probability, by its script and by its small words.

A naive Bayes over words: each language expects its own small words ("the", "uma", "und") and its
own endings and letters ("-ção", "ß"); words that none of them knows (Latin names, gene names) say
little. Texts of captions are too short and too full of names for classifiers of letter n-grams,
and the stated language is a fair guess before a text is read, so it starts ahead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

_LATIN: dict[str, str] = {
    "en": """the of and with in is a showing shows are to at by on from this that was were no an
    as there for has have had seen which without after before during between each after not be
    been or using shown show than its their all both patient patients image figure left right
    indicated indicates represent represents arrow arrows these two three but into most more also
    only when where his her he she who we our can may will data used following""",
    "de": """der die das und mit in ist ein eine des den dem im von zu auf bei zeigt sich nicht
    sind wird einer eines einen am zur zum ohne nach durch für wurde wurden oder sowie als auch
    an aus es links rechts abbildung patienten vor über unter""",
    "fr": """le la les de des du et en un une dans est avec sur par au aux qui montre sans pas ce
    cette sont d l à pour ou plus chez après être deux entre gauche droite patient figure il elle
    se ne que comme""",
    "es": """el la los las de del y en un una con es se por que muestra sin al no su lo son para
    como está o entre más fue pacientes paciente figura derecha izquierda según sobre desde los
    este esta dos años tabla""",
    "pt": """o a os as de do da dos das e em um uma com é no na se por que mostra sem ao não são
    para nos nas pela pelo como foi ou entre mais à aos pacientes paciente figura direita
    esquerda segundo tabela este esta dois anos apresentando""",
    "it": """il lo la i gli le di del della dei delle e in un una con è nel nella si che mostra
    senza al non per sono dello da dal dalla paziente pazienti destra sinistra figura tra come a
    o""",
    "nl": """de het een en van in met is op te zijn door bij toont niet aan uit geen deze dat
    wordt zonder voor naar links rechts figuur of ook na tot""",
    "pl": """i w z na do o po się nie jest oraz od dla przez są u za przy jako to""",
    "tr": """ve bir ile bu olan için olarak da de en sonra göre hasta""",
    "id": """dan yang di dengan pada untuk dari ini adalah dalam tidak pasien gambar""",
    "sv": """och i en ett av med som är på till från den det för inte utan vid""",
    "ro": """și în de la cu un o din pe care este sunt nu pentru prin""",
}
_SMALL = {code: frozenset(words.split()) for code, words in _LATIN.items()}
_ENDINGS = {
    "en": re.compile(r"(?:ing|ally|ness|ment|tion|tions|ified|ated|ized|sis|scopy|phy|ous|ular)\Z"),
    "de": re.compile(r"(?:ung|ungen|lich|liche|lichen|keit|heit|isch|ische|ischen|ß\w*)\Z"),
    "fr": re.compile(r"(?:euse|eux|ique|iques|ée|ées|és|aire|aires|ité|oire)\Z"),
    "es": re.compile(r"(?:ción|ciones|dad|dades|ía|ico|icos|ica|icas|ados|adas|miento|ñ\w*)\Z"),
    "pt": re.compile(r"(?:ção|ções|dade|dades|ães|ãos?|ões|ico|icos|ica|icas|ados|adas|mento)\Z"),
    "it": re.compile(r"(?:zione|zioni|mente|ità|ico|ici|ica|iche|ale|ali|ato|ati|ata)\Z"),
    "nl": re.compile(r"(?:ij\w*|heid|ische|lijk|lijke|atie|aties|eerde)\Z"),
    "pl": re.compile(r"(?:\w*[ąęłśżźćń]\w*|ego|ych|nej|anie|enie|ości)\Z"),
    "tr": re.compile(r"(?:\w*[ışğ]\w*|ler|lar|leri|ları|nin|nın)\Z"),
    "id": re.compile(r"(?:kan|nya|asi)\Z"),
    "sv": re.compile(r"(?:\w*[åäö]\w*|ning|ningar|het|ande|erna|arna)\Z"),
    "ro": re.compile(r"(?:\w*[ășțţ]\w*|ului|ilor|ției|ție|ea)\Z"),
}
# Letters by script.
_SCRIPTS = {
    "han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "kana": "\u3040-\u30ff",
    "hangul": "\u1100-\u11ff\uac00-\ud7af",
    "arabic": "\u0620-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "cyrillic": "\u0400-\u052f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "hebrew": "\u05d0-\u05ea",
    "devanagari": "\u0900-\u0963",
    "bengali": "\u0980-\u09ff",
    "tamil": "\u0b80-\u0bff",
    "telugu": "\u0c00-\u0c7f",
    "thai": "\u0e00-\u0e7f",
}
_LETTERS = {name: re.compile(f"[{span}]+") for name, span in _SCRIPTS.items()}
_LETTERS["greek"] = re.compile(f"[{_SCRIPTS['greek']}]{{3,}}")  # less is a symbol
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_ASCII_LETTERS = re.compile(r"[^a-zA-Z]+")
_ANY_SCRIPT = re.compile(f"[{''.join(_SCRIPTS.values())}]")
_WRITTEN_IN = {
    "zh": ("han",), "ja": ("han", "kana"), "ko": ("hangul",), "ar": ("arabic",), "fa": ("arabic",),
    "ur": ("arabic",), "ru": ("cyrillic",), "uk": ("cyrillic",), "bg": ("cyrillic",),
    "sr": ("cyrillic",), "el": ("greek",), "he": ("hebrew",), "hi": ("devanagari",),
    "mr": ("devanagari",), "bn": ("bengali",), "ta": ("tamil",), "te": ("telugu",), "th": ("thai",),
}  # fmt: skip

_SMALL_WORD = 3.0  # what a small word says (natural logarithm of odds)
_SHARED_WORD = 1.5  # one that several languages have
_ENDING = 1.0
_ODD_LETTER = -2.0  # a word with an accent, for a language that has none
_MOST_WORDS = 100
_AT_ONCE = 20
_CERTAIN = 20.0  # so far ahead, no further word matters
_LONGEST = 30  # no word of these languages is longer; such are not looked at
_PRIOR = {"en": 2.0}
_STATED = 2.0
_OTHER = "other"
_OTHER_WORD = 0.35  # an unknown word is likelier in a language that is not on the list

_KNOWN: dict[str, tuple[tuple[str, float], ...]] = {}  # word: what it says for each language
for _word in frozenset().union(*_SMALL.values()):
    _codes = [code for code, words in _SMALL.items() if _word in words]
    _KNOWN[_word] = tuple((c, _SMALL_WORD if len(_codes) == 1 else _SHARED_WORD) for c in _codes)


def language_probabilities(words: Sequence[str], text: str, stated: str = "en") -> dict[str, float]:
    """How probable each language is, by its code; `other` stands for those not known.

    `words` are the text's in lower case. `stated` (a code, as `en` or `zh-CN`) is the language the
    text is said to be in. The numbers sum to 1.
    """
    code = stated.lower().replace("_", "-").partition("-")[0]
    found = {} if text.isascii() else _by_script(text)
    latin = 1.0 - sum(found.values())
    if latin > 0:
        for name, share in _by_words(words, code).items():
            found[name] = found.get(name, 0.0) + share * latin
    if any(script in found for script in _LETTERS):
        return _of_scripts(found, code)
    return found


def _by_script(text: str) -> dict[str, float]:
    """The share of each script but the Latin one in a text's letters."""
    odd = " ".join(_NOT_ASCII.findall(text))
    if _ANY_SCRIPT.search(odd) is None:
        return {}
    letters = sum(map(str.isalpha, odd)) + len(_ASCII_LETTERS.sub("", text)) or 1
    shares = {name: sum(map(len, some.findall(odd))) / letters for name, some in _LETTERS.items()}
    return {name: min(1.0, share) for name, share in shares.items() if share}


def _of_scripts(found: dict[str, float], stated: str) -> dict[str, float]:
    """Languages for scripts: the stated one where it is written so, else the commonest."""
    result = {name: p for name, p in found.items() if name not in _LETTERS}
    if found.get("kana", 0.0) > 0.1 * found.get("han", 0.0):  # Japanese mixes both
        result["ja"] = found.pop("kana", 0.0) + found.pop("han", 0.0)
    for script in found.keys() & _LETTERS.keys():
        readers = [code for code, scripts in _WRITTEN_IN.items() if script in scripts]
        code = stated if stated in readers and stated != "ja" else readers[0]
        result[code] = result.get(code, 0.0) + found[script]
    return result


def _by_words(words: Sequence[str], stated: str) -> dict[str, float]:
    """Probabilities of the languages of the Latin script."""
    scores = dict.fromkeys(_SMALL, 0.0)
    scores[_OTHER] = 0.0
    for code, ahead in _PRIOR.items():
        scores[code] += ahead
    if stated in scores:
        scores[stated] += _STATED
    for start in range(0, min(len(words), _MOST_WORDS), _AT_ONCE):
        for word in words[start : start + _AT_ONCE]:
            if len(word) <= _LONGEST:
                for code, weight in _evidence(word):
                    scores[code] += weight
        first, second = sorted(scores.values())[:-3:-1]
        if first - second > _CERTAIN:
            break
    most = max(scores.values())
    weights = {code: math.exp(max(-700.0, score - most)) for code, score in scores.items()}
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}


@lru_cache(maxsize=50_000)
def _evidence(word: str) -> tuple[tuple[str, float], ...]:
    """What a word says for and against each language."""
    if word in _KNOWN:
        return _KNOWN[word]
    if len(word) <= 3 or not word.isalpha():
        return ()
    said = [(_OTHER, _OTHER_WORD)]
    said += [(code, _ENDING) for code, ending in _ENDINGS.items() if ending.search(word)]
    if not word.isascii():
        said += [("en", _ODD_LETTER), ("id", _ODD_LETTER)]
    return tuple(said)
