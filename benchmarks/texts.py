"""How well texts that are nearly the same are found, and how fast texts are measured.

    python -m benchmarks.texts [--json] [--data DIR]

On different captions of at least `least` words of real articles and of single pictures (ROCO):

* `recall at 0.8`, by change (`benchmarks.text_changes`): the share of changed captions that share a
  band with the original and have at least 0.8 of all their shingles in common (and so 0.7, 0.6);
  `of near ones`: what share of the pairs of 0.8 and more a band brings together
* `false merges at 0.8`: pairs of different captions that would be taken for the same, among all
  pairs, of one article and of two; they are printed
* `contained`: captions of ROCO of which 0.7 of the shingles are in a caption of an article
* signatures, scores and findings a second on one core

With `pip install datasketch`, its MinHash (128 permutations, threshold 0.8) over shingles of 5
words, as text deduplication uses it, and of 3 stands beside ours in the same run, on every fifth
caption. With `py3langid` and
`lingua-language-detector` their answers to "is it English?" stand beside `text_english`, on texts of
articles that say in which language they are.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.data import arguments
from benchmarks.real_texts import article_captions, captions, roco_captions
from benchmarks.text_changes import CHANGES, changed
from filters.alike.sketches import TextSignature, containment, jaccard, normalised, text_signature
from filters.texts.identifying import identifying
from filters.texts.quality import text_scores

_LEAST = 8
_NEAR = (0.8, 0.7, 0.6)
_SHOWN = 40


def main() -> None:
    """Measure and print."""
    options = arguments(str(__doc__)).parse_args()
    real = captions(options.data)
    rows = {(text, article) for article, _, text in article_captions(options.data)}
    rows |= {(text, article) for article, text in roco_captions(options.data)}
    first = {t: a for t, a in sorted(rows, reverse=True) if len(normalised(t)) >= _LEAST}
    texts = sorted(first)
    say: Callable[[str], None] = (lambda _: None) if options.json else print
    found: dict[str, float] = {"captions": len(texts)}
    found |= ours([(first[text], text) for text in texts], say)
    found |= datasketch_peer(texts, 5) | datasketch_peer(texts, 3)
    found |= contained(real["roco"], real["jats"])
    found |= speed(texts)
    found |= languages(article_captions(options.data))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:60} {value:,.4f}" if isinstance(value, float) else f"{name:60} {value:,}")


def ours(rows: Sequence[tuple[str, str]], say: Callable[[str], None]) -> dict[str, float]:
    """Recall by change, and false merges among all pairs of (article, caption)."""
    signatures = [text_signature(text) for _, text in rows]
    found: dict[str, float] = {}
    for name in CHANGES:
        others = [text_signature(changed(text, name)) for _, text in rows]
        pairs = list(zip(signatures, others, strict=True))
        near = [jaccard(a.shingles, b.shingles) for a, b in pairs]
        met = [bool({*a.bands} & {*b.bands}) for a, b in pairs]
        for least in _NEAR:
            both = sum(n >= least and m for n, m in zip(near, met, strict=True))
            found[f"recall at {least}, {name}"] = both / len(rows)
            if least == _NEAR[0]:
                found[f"of near ones, {name}"] = both / max(1, sum(n >= least for n in near))
    return found | false_merges(rows, signatures, say)


def false_merges(
    rows: Sequence[tuple[str, str]], signatures: Sequence[TextSignature], say: Callable[[str], None]
) -> dict[str, float]:
    """Different captions that share a band, and those alike enough to be taken for the same."""
    met = [p for p in _band_pairs(signatures) if len({signatures[i].exact for i in p}) == 2]
    alike = {pair: jaccard(*(signatures[i].shingles for i in pair)) for pair in met}
    found = {"pairs": len(rows) * (len(rows) - 1) // 2, "candidate pairs": len(met)}
    for least in _NEAR:
        wrong = [pair for pair in met if alike[pair] >= least]
        of_one = sum(rows[i][0] == rows[j][0] for i, j in wrong)
        found[f"false merges at {least}, one article"] = of_one
        found[f"false merges at {least}, two articles"] = len(wrong) - of_one
    for i, j in sorted(met, key=lambda pair: -alike[pair])[:_SHOWN]:
        same = "one article" if rows[i][0] == rows[j][0] else "two articles"
        say(f"{alike[i, j]:.2f} {same}\n    {rows[i][1][:300]!r}\n    {rows[j][1][:300]!r}")
    return found


def _band_pairs(signatures: Sequence[TextSignature]) -> set[tuple[int, int]]:
    """Pairs that share a band."""
    by_band: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    pairs = set()
    for i, signature in enumerate(signatures):
        for place, band in enumerate(signature.bands):
            pairs |= {(j, i) for j in by_band[place, band]}
            by_band[place, band].append(i)
    return pairs


def datasketch_peer(texts: Sequence[str], width: int) -> dict[str, float]:
    """The same through datasketch over shingles of so many words, where it is installed."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        return {}

    def sketch(text: str) -> MinHash:
        words = text.lower().split()
        made = MinHash(num_perm=128)
        runs = (" ".join(words[i : i + width]) for i in range(max(1, len(words) - width + 1)))
        made.update_batch([run.encode() for run in runs])
        return made

    peer = f"datasketch, {width} words"
    start = time.process_time()
    sketches = [sketch(text) for text in texts]
    seconds = time.process_time() - start
    found: dict[str, float] = {f"{peer}: signatures_per_s": round(len(texts) / seconds)}
    index = MinHashLSH(threshold=_NEAR[0], num_perm=128)
    for i, made in enumerate(sketches):
        index.insert(i, made)
    pairs = {(min(i, j), max(i, j)) for i, made in enumerate(sketches) for j in index.query(made)}
    found[f"{peer}: candidate pairs"] = len(pairs) - len(texts)
    some = range(0, len(texts), 5)
    for name in CHANGES:
        hits = sum(i in index.query(sketch(changed(texts[i], name))) for i in some)
        found[f"{peer}: recall, {name}"] = hits / len(some)
    return found


def contained(evaluation: Iterable[str], corpus: Iterable[str]) -> dict[str, float]:
    """How many captions are in a caption that has nothing to do with them."""
    ours = [text_signature(text).shingles for text in corpus]
    has: defaultdict[int, set[int]] = defaultdict(set)
    for i, shingles in enumerate(ours):
        for shingle in shingles:
            has[shingle].add(i)
    count = {1: 0, _LEAST: 0}
    for theirs in map(text_signature, evaluation):
        near = {i for shingle in theirs.shingles for i in has.get(shingle, ())}
        if any(containment(theirs.shingles, ours[i]) >= 0.7 for i in near):
            for least in count:
                count[least] += theirs.words >= least
    return {f"contained, of {least} words and more": n for least, n in count.items()}


def speed(texts: Sequence[str], rounds: int = 3) -> dict[str, float]:
    """Texts a second on one core, the best of some rounds."""
    found: dict[str, float] = {"words a caption": sum(len(t.split()) for t in texts) / len(texts)}
    for name, function in (
        ("signatures_per_s", text_signature), ("scores_per_s", text_scores),
        ("identifying_per_s", identifying),
    ):  # fmt: skip
        times = []
        for _ in range(rounds):
            start = time.process_time()
            for text in texts:
                function(text)
            times.append(time.process_time() - start)
        found[name] = round(len(texts) / min(times))
    return found


def languages(known: Sequence[tuple[str, str, str]]) -> dict[str, float]:
    """How often "is it English?" is answered as the article says, by ours and by peers."""
    texts = sorted({(tongue, text) for _, tongue, text in known})
    found: dict[str, float] = {}
    for name, is_english in _deciders():
        start = time.process_time()
        answers = [(tongue == "en", is_english(text)) for tongue, text in texts]
        seconds = time.process_time() - start
        for english, what in ((True, "English"), (False, "other")):
            some = [said == truth for truth, said in answers if truth == english]
            found[f"{name} {what} captions ({len(some)}) right"] = sum(some) / max(1, len(some))
        found[f"{name} texts_per_s"] = round(len(texts) / seconds)
    return found


def _deciders() -> Iterator[tuple[str, Callable[[str], bool]]]:
    yield "text_english", lambda text: text_scores(text)["text_english"] >= 0.5
    try:
        import py3langid

        py3langid.classify("warm")
        yield "py3langid", lambda text: py3langid.classify(text)[0] == "en"
    except ImportError:
        pass
    try:
        from lingua import Language, LanguageDetectorBuilder

        detector = LanguageDetectorBuilder.from_all_languages().build()
        detector.detect_language_of("warm")
        yield "lingua", lambda text: detector.detect_language_of(text) == Language.ENGLISH
    except ImportError:
        pass


if __name__ == "__main__":
    main()
