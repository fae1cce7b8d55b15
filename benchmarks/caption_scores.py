"""How well captions are cut into panels, against captions that people cut.

    python -m benchmarks.caption_scores [--json] [--data DIR]

Prints, for each truth set and half and over all: the share of captions whose panel letters are
all right, how well the words of each panel agree with the human text (token F1, 0 for a panel
whose letter was not found; `panel_text` takes what is about all panels for one that the caption
does not name; `own` leaves out what all panels share), how well its spans do (F1 of spans that
the human text has as they are and of human words they cover), and the share of spans that are
verbatim. Then the share of radiology captions (ROCO, nearly all of one panel) that are split, and
captions a second on one core.

An item is aside when the SHA-256 of its picture's name is odd: rules were written looking at the
others only.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.data import arguments
from extractors.figures.captions import own_text, panel_text, split_caption
from extractors.figures.records import CaptionSplit

_SETS = {
    "prostate": "caption_splitting/prostate_captions_annotated.json",
    "zou": "zou_panelseg/eval_with_captions.json",
}
_WORD = re.compile(r"\w+")
_ROCO = "concepts/roco/validation/radiology/captions.txt"


def main() -> None:
    """Measure and print."""
    options = arguments(str(__doc__)).parse_args()
    items = caption_truth(options.data)
    found: dict[str, float] = {}
    for aside in (False, True):
        for source in (*_SETS, ""):
            some = [i for i in items if i.aside == aside and source in i.source]
            name = f"{source or 'all'} {'aside' if aside else 'dev'}"
            found |= {f"{name} {key}": value for key, value in score_captions(some).items()}
    plain = plain_captions(options.data)
    found["roco captions"] = len(plain)
    found["roco split_share"] = split_share(plain)
    found["captions_per_s compound"] = captions_a_second([i.caption for i in items])
    found["captions_per_s roco"] = captions_a_second(plain)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:40} {value:,.4f}" if isinstance(value, float) else f"{name:40} {value:,}")


class TruthCaption(msgspec.Struct, frozen=True):
    """A caption, and the text people gave each of its panels (label, text), in their order."""

    source: str
    name: str
    caption: str
    panels: tuple[tuple[str, str], ...]

    @property
    def aside(self) -> bool:
        """Whether the item is in the half that no rule was written on."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 2 == 1


def caption_truth(root: Path) -> list[TruthCaption]:
    """The two truth sets below `root`/compound; a set that is not there gives nothing."""
    found = []
    for source, path in _SETS.items():
        file = root / "compound" / path
        content = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        for name, item in content.items():
            panels = tuple(
                (panel["label"]["text"], panel.get("caption") or "")
                for panel in item["gt_subfigures"]
                if panel.get("label")
            )
            found.append(TruthCaption(source, name, item["caption"], panels))
    return found


def score_captions(items: Sequence[TruthCaption]) -> dict[str, float]:
    """The figures of a set of captions; shares and means are 0 to 1."""
    exact, whole, any_panel, own, spans, verbatim = 0, [], [], [], [], []
    for item in items:
        caption, split = item.caption, split_caption(item.caption)
        found = {label.lower(): label for label in split.labels}
        exact += set(found) == {label.lower() for label, _ in item.panels}
        for part_spans in (split.shared, *(part.spans for part in split.parts)):
            verbatim += [float(0 <= start < end <= len(caption)) for start, end in part_spans]
        for label, truth in item.panels:
            mine = found.get(label.lower())
            whole.append(token_f1(panel_text(caption, split, mine) if mine else "", truth))
            any_panel.append(token_f1(panel_text(caption, split, mine or ""), truth))
            of_panel = own_text(caption, split, mine) if mine else ""
            own.append(token_f1(of_panel, _own_truth(item, truth)))
            spans.append(_span_f1(caption, split, mine, truth) if mine else 0.0)
    return {
        "captions": len(items),
        "panels": len(whole),
        "caption_letters_exact": exact / max(1, len(items)),
        # What a panel is given; the other figure gives nothing to panels whose letter was missed.
        "subcaption_token_f1": _mean(any_panel),
        "subcaption_token_f1_found_letters": _mean(whole),
        "own_token_f1": _mean(own),
        "span_f1": _mean(spans),
        "verbatim_share": _mean(verbatim),
    }


def _span_f1(caption: str, split: CaptionSplit, label: str, truth: str) -> float:
    """F1 of the share of a panel's spans that the human text holds word for word, and the share
    of human words these cover."""
    own = next(part.spans for part in split.parts if part.label == label)
    texts = [_words(caption[start:end]) for start, end in (*split.shared, *own)]
    human = f" {' '.join(_words(truth))} "
    held = [words for words in texts if f" {' '.join(words)} " in human]
    precision = len(held) / max(1, len(texts))
    recall = min(1.0, sum(map(len, held)) / max(1, len(human.split())))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def token_f1(text: str, truth: str) -> float:
    """F1 of two texts as bags of lower-case words."""
    ours, theirs = Counter(_words(text)), Counter(_words(truth))
    both = sum((ours & theirs).values())
    return 2 * both / (ours.total() + theirs.total()) if both else float(ours == theirs)


def plain_captions(root: Path) -> list[str]:
    """Captions of radiology pictures of (nearly always) one panel; none where they are absent."""
    file = root / _ROCO
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return [line.rpartition("\t")[2].strip() for line in lines]


def split_share(captions: Sequence[str]) -> float:
    """The share of captions that are split."""
    return _mean(float(bool(split_caption(caption).parts)) for caption in captions)


def captions_a_second(captions: Sequence[str], rounds: int = 3) -> float:
    """Captions split in a second on one core, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for caption in captions:
            split_caption(caption)
        best = min(best, time.perf_counter() - start)
    return len(captions) / best


def _own_truth(item: TruthCaption, truth: str) -> str:
    """The human text without the words that all panels of the caption have."""
    texts = [Counter(_words(text)) for _, text in item.panels]
    common = texts[0].copy()
    for text in texts[1:]:
        common &= text
    left, kept = common.copy(), []
    for word in _words(truth):
        if left[word] > 0:
            left[word] -= 1
        else:
            kept.append(word)
    return " ".join(kept)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / max(1, len(found))


if __name__ == "__main__":
    main()
