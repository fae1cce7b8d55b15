"""How well captions are cut into panels, against captions that people cut.

    python -m benchmarks.caption_scores [--json] [--data DIR] [--half even|odd|all]

Prints, per truth set and over both: the share of captions whose panel letters are all right, how
well the words of each panel agree with the human text (token F1), whether all spans are verbatim,
the share of one-panel captions that are split all the same, and captions a second on one core.
An item is in the odd half when the SHA-256 of its picture's name is odd; rules were written
looking at the even half only.
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

_SETS = {
    "prostate": "caption_splitting/prostate_captions_annotated.json",
    "zou": "zou_panelseg/eval_with_captions.json",
}
_WORD = re.compile(r"\w+")
_MARKER = r"[(\[]?\b{}\b[)\].:,]?"


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
    exact, verbatim, produced, rows = 0, 0, 0, []
    for item in items:
        split = split_caption(item.caption)
        found = {label.lower(): label for label in split.labels}
        exact += set(found) == {label.lower() for label, _ in item.panels}
        for spans in (split.shared, *(part.spans for part in split.parts)):
            produced += len(spans)
            verbatim += sum(0 <= start < end <= len(item.caption) for start, end in spans)
        for label, truth in item.panels:
            mine = found.get(label.lower())
            whole = panel_text(item.caption, split, mine) if mine else ""
            own = own_text(item.caption, split, mine) if mine else ""
            rows.append((whole, truth, own, _own_truth(item, truth)))
    return {
        "captions": len(items),
        "panels": len(rows),
        "caption_letters_exact": exact / max(1, len(items)),
        "subcaption_token_f1": _mean(token_f1(whole, truth) for whole, truth, _, _ in rows),
        "own_token_f1": _mean(token_f1(own, truth) for _, _, own, truth in rows),
        "span_f1": _mean(float(_words(whole) == _words(truth)) for whole, truth, _, _ in rows),
        "verbatim_share": verbatim / max(1, produced),
    }


def token_f1(text: str, truth: str) -> float:
    """F1 of two texts as bags of lower-case words."""
    ours, theirs = Counter(_words(text)), Counter(_words(truth))
    both = sum((ours & theirs).values())
    return 2 * both / (ours.total() + theirs.total()) if both else float(ours == theirs)


def false_split_share(captions: Sequence[str]) -> float:
    """The share of captions of one-panel figures that are split."""
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
