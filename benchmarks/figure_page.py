"""A page of figures with what was found drawn in, the worst first: to be looked at."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks.panel_scores import matches

_MOST = 150
_STYLE = (
    "body{font:13px sans-serif;margin:16px}figure{display:inline-block;vertical-align:top;"
    "width:380px;margin:6px;padding:6px;border:2px solid #2a2}figure.bad{border-color:#c22}"
    "img{max-width:380px;max-height:420px}dl{margin:4px 0}dt{font-weight:bold;float:left;"
    "margin-right:6px}dd{margin:0 0 2px 0}"
)


def write_page(path: Path, pairs: Sequence[tuple[Any, Any]]) -> None:
    """Cases and answers of `benchmarks.figures` as HTML; boxes found in red, true ones in blue."""
    judged = []
    for case, found in pairs:
        right = len(matches([p.box for p in found.panels], case.boxes))
        judged.append((right / max(len(case.boxes), len(found.panels)), case, found))
    judged.sort(key=lambda item: item[0])
    half = _MOST // 2
    shown = judged if len(judged) <= _MOST else [*judged[:half], *judged[-half:]]
    body = "".join(_figure(score, case, found) for score, case, found in shown)
    path.write_text(f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{body}", "utf-8")


def _figure(score: float, case: Any, found: Any) -> str:
    picture = Image.fromarray(case.pixels)
    draw = ImageDraw.Draw(picture)
    for box in case.boxes:
        draw.rectangle(box, outline=(0, 80, 255), width=2)
    for panel in found.panels:
        x0, y0, x1, y1 = panel.box
        draw.rectangle((x0 + 3, y0 + 3, x1 - 3, y1 - 3), outline=(230, 0, 0), width=2)
        if panel.letter_box:
            draw.rectangle(panel.letter_box, outline=(0, 200, 0), width=2)
        draw.text((x0 + 6, y1 - 18), panel.label, fill=(230, 0, 0), stroke_width=2,
                  stroke_fill=(255, 255, 255))  # fmt: skip
    picture.thumbnail((560, 620))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=80)
    source = base64.b64encode(data.getvalue()).decode()
    rows = "".join(
        f"<dt>{html.escape(p.label or '?')}</dt><dd>"
        + html.escape(" … ".join(case.caption[a:b] for a, b in p.spans)[:160])
        + "</dd>"
        for p in found.panels[:12]
    )
    return (
        f"<figure class={'good' if score == 1 else 'bad'}>"
        f"<img src='data:image/jpeg;base64,{source}'><figcaption>"
        f"{html.escape(case.name)} · compound {found.compound:.2f} · "
        f"confidence {found.confidence:.2f}<dl>{rows}</dl></figcaption></figure>"
    )
