"""Fonts for drawing: what the system has, else Pillow's own scalable one."""

from __future__ import annotations

import functools
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
_FAMILIES = (
    ("LiberationSans", "DejaVuSans", "FreeSans", "Arial", "NimbusSans", "Helvetica"),
    ("LiberationSerif", "DejaVuSerif", "FreeSerif", "Times", "NimbusRoman", "P052"),
)
_STYLES = ("", "-Regular", "-Bold", "-Italic", "Bold")


@functools.lru_cache(maxsize=1)
def font_files() -> tuple[str, ...]:
    """Paths of text fonts of the two usual families, sorted; empty where there are none."""
    wanted = {name + style for family in _FAMILIES for name in family for style in _STYLES}
    found = (p for folder in _FOLDERS for p in Path(folder).rglob("*.[to]tf"))
    return tuple(sorted(str(p) for p in found if p.stem in wanted))


@functools.lru_cache(maxsize=512)
def font(path: str, size_px: int) -> Font:
    """A font of about this height; `path` empty gives Pillow's own."""
    size = max(5, size_px)
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size=size)
