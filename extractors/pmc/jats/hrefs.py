"""From the href of a `<graphic>` to the file that holds the picture.

Hrefs have endings that are none (`pone.0000133.g001`), no ending and several files, URLs and
absolute paths; `f1` must not find `f10`. So: the exact base name first, then the name without a
known raster ending, compared as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

# In order of preference where sizes are unknown: full pictures before thumbnails.
RASTER_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif")


def base_name(href: str) -> str:
    """The last part of an href: no URL, no folder, no query, no `info:doi/` prefix."""
    path = re.sub(r"[?#].*\Z", "", href) if "://" in href else href
    return unquote(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip()


def stem(name: str) -> str:
    """A file name without its raster ending, in lower case."""
    low = name.lower()
    for ending in RASTER_ENDINGS:
        if low.endswith(ending):
            return low[: -len(ending)]
    return low


def is_raster(name: str) -> bool:
    """Whether a file name ends like a picture we read."""
    return name.lower().endswith(RASTER_ENDINGS)


class FileIndex:
    """The picture files of one article, found by href. Names are given with folders."""

    def __init__(self, names: Iterable[str]) -> None:
        self._exact: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        for name in sorted(names):
            if is_raster(name):
                base = base_name(name)
                self._exact.setdefault(base, []).append(name)
                self._stems.setdefault(stem(base), []).append(name)

    def candidates(self, href: str) -> list[str]:
        """Files that the href may mean, best guess first; empty where there is none."""
        base = base_name(href)
        if not base:
            return []
        found = [*self._exact.get(base, []), *self._stems.get(stem(base), [])]
        unique = list(dict.fromkeys(found))
        return sorted(unique, key=lambda name: _preference(name, base, href))


def _preference(name: str, base: str, href: str) -> tuple[bool, bool, int]:
    """Same folder as the href, then the very name, then the ending most likely to be full size."""
    ending = "." + name.lower().rsplit(".", 1)[-1]
    same_folder = "://" not in href and name.endswith(unquote(href).removeprefix("./"))
    return not same_folder, base_name(name) != base, RASTER_ENDINGS.index(ending)
