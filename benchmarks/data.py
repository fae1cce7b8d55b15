"""Where benchmark data lies, and larger corpora made of copies of it."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
_UNTOUCHED = (".jpg", ".png")


def arguments(description: str) -> argparse.ArgumentParser:
    """The options all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="folder with jats/ in it")
    return parser


def xml_files(data: Path) -> list[Path]:
    """All article files below `jats/`."""
    folder = data / "jats"
    return sorted([*folder.rglob("*.xml"), *folder.rglob("*.nxml")])


def multiply(data: Path, target: Path, copies: int) -> Path:
    """`copies` of every real article that comes with JPEG or PNG pictures, as hard links."""
    for source in sorted((data / "jats").glob("*/*")):
        xml = [*source.glob("*.xml"), *source.glob("*.nxml")] if source.is_dir() else []
        pictures = [p for p in source.iterdir() if p.suffix in _UNTOUCHED] if xml else []
        if not pictures or source.parent.name == "xml_only":
            continue
        for copy in range(copies):
            folder = target / f"copy-{copy:04d}" / source.name
            folder.mkdir(parents=True)
            for file in (*xml, *pictures):
                _link(file, folder / file.name)
    return target


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
