"""Pictures of a folder or archive to hashes, by worker processes; what cannot be read is named.

Pictures are hashed as a corpus would store them (see `extractors.images`), DICOM files as the
labelled extractor shows them. Nothing is unpacked to disk, and a file that kills its worker is one
that cannot be read.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from PIL import Image as PillowImage

from extractors.images import FORMATS, BadImage, load_picture
from extractors.labelled.archives import ARCHIVES, members
from extractors.labelled.files import PICTURES, BadData, Files
from extractors.pmc.fetch import FetchError
from filters.alike.signatures import NOT_COMPARABLE, picture_signature
from pipelines.errors import UserError
from pipelines.fingerprint_files import PICTURE, fingerprints
from pipelines.fingerprint_jobs import run_jobs
from pipelines.fingerprint_parts import Found, Unreadable, part_of, temporary_parts, write_part
from pipelines.pool import Progress
from schemas.signatures import FINGERPRINTS

_DICOM = (".dcm", ".dicom")
_DICOM_MARK = b"DICM"
_MOST_FRAMES = 64
_FILES_A_JOB = 32


def decoded(data: bytes) -> PillowImage.Image:
    """A picture file as a corpus would store it: upright, on white, 8 bits. Raises `BadImage`."""
    picture = load_picture(data, lambda _: 0)
    with PillowImage.open(io.BytesIO(picture.data), formats=FORMATS) as image:
        image.load()
        return image


def fingerprint_folder(
    root: str, crop: float, workers: int, say: Callable[[str], None] | None = None
) -> Found:
    """The pictures below a folder (a path or any fsspec address), also those in its archives.

    Items are relative paths, `ARCHIVE/MEMBER`, and `FILE#2` for further frames. Raises `UserError`
    where it is no folder.
    """
    files = Files(root, links=True)
    try:
        names = files.names
    except (FetchError, OSError) as error:
        raise UserError(f"{root}: {error}") from None
    wanted = [name for name in names if _is_wanted(files, name)]
    refused = [Unreadable(name, "refused", why) for name, why in files.refused]
    found = _hashed(root, wanted, crop, workers, say)
    passed_over = len(names) - len(wanted)
    return Found(found.rows, (*refused, *found.unreadable), passed_over + found.passed_over)


def fingerprint_file(path: str, crop: float, workers: int) -> Found:
    """A single picture, DICOM file or archive. Raises `UserError` for anything else."""
    folder, name = os.path.split(os.path.abspath(path))
    if not _is_wanted(Files(folder, links=True), name):
        endings = ", ".join((*PICTURES, *_DICOM, *ARCHIVES))
        raise UserError(f"{path}: no picture and no archive: {endings}")
    return _hashed(folder, [name], crop, workers, None)


def _is_wanted(files: Files, name: str) -> bool:
    low = name.lower()
    if low.endswith((*PICTURES, *_DICOM, *ARCHIVES)):
        return True
    if "." in name.rpartition("/")[2]:
        return False
    try:  # DICOM files often have no ending
        with files.open(name) as file:
            return file.read(132)[128:] == _DICOM_MARK
    except (BadData, FetchError, OSError):
        return False


def _hashed(
    root: str,
    names: Sequence[str],
    crop: float,
    workers: int,
    say: Callable[[str], None] | None,
) -> Found:
    """All files in jobs of a few each; an archive is a job of its own."""
    archives = [name for name in names if name.lower().endswith(ARCHIVES)]
    loose = [name for name in names if not name.lower().endswith(ARCHIVES)]
    chunks = [[name] for name in archives]
    chunks += [loose[i : i + _FILES_A_JOB] for i in range(0, len(loose), _FILES_A_JOB)]
    with temporary_parts() as folder:
        arguments = [(root, chunk, crop, f"{folder}/{i}") for i, chunk in enumerate(chunks)]
        failed = run_jobs(hash_files, arguments, [len(c) for c in chunks], workers, "file", say)
        parts = [part_of(f"{folder}/{i}") for i in range(len(chunks)) if i not in failed]
    lost = [Unreadable(n, "fault", why) for i, why in failed.items() for n in chunks[i]]
    rows = pa.concat_tables([FINGERPRINTS.empty_table(), *(part.rows for part in parts)])
    unreadable = sorted([*lost, *(u for part in parts for u in part.unreadable)], key=_by_item)
    return Found(rows, tuple(unreadable), sum(part.passed_over for part in parts))


def _by_item(unreadable: Unreadable) -> tuple[str, str]:
    return unreadable.item, unreadable.reason


def hash_files(
    root: str,
    names: Sequence[str],
    crop: float,
    target: str,
    skip: Mapping[str, str],
    progress: Progress,
) -> dict[str, int]:
    """Worker: the hashes of some files to `target`.parquet, what was wrong to `target`.json."""
    files, rows, unreadable, passed_over = Files(root, links=True), [], [], 0
    for item, read in _readers(files, names):
        if read is None:
            passed_over += 1
            continue
        progress(item)
        if item in skip:
            unreadable.append(Unreadable(item, "fault", skip[item]))
            continue
        try:
            for place, image in enumerate(read()):
                name = f"{item}#{place + 1}" if place else item
                row = picture_row(name, image, crop)
                if row is None:
                    unreadable.append(Unreadable(name, "flat", "there is nothing to compare"))
                else:
                    rows.append(row)
        except (BadImage, BadData, FetchError) as error:
            unreadable.append(Unreadable(item, error.reason, str(error)))
        except Exception as error:  # Decoders raise nearly anything on hostile bytes.
            unreadable.append(Unreadable(item, "fault", f"{type(error).__name__}: {error}"[:300]))
    write_part(target, Found(fingerprints(rows), tuple(unreadable), passed_over))
    return {"pictures": len(rows)}


Read = Callable[[], Iterable[PillowImage.Image]]


def _readers(files: Files, names: Sequence[str]) -> Iterator[tuple[str, Read | None]]:
    """Each file and archive member with what reads it; None for a member that is no picture."""
    for name in names:
        low = name.lower()
        if low.endswith(ARCHIVES):
            yield from _of_archive(files, name)
        elif low.endswith(PICTURES):
            yield name, lambda name=name: [decoded(files.read(name))]  # type: ignore[misc]
        else:
            yield name, lambda name=name: _of_dicom(files, name)  # type: ignore[misc]


def _of_archive(files: Files, archive: str) -> Iterator[tuple[str, Read | None]]:
    """The members of an archive; where it cannot be read on, itself as what cannot be read."""
    inside = members(files, archive)
    while True:
        try:
            name, data = next(inside)
        except StopIteration:
            return
        except (BadData, FetchError) as error:
            yield archive, _raising(error)
            return
        item = f"{archive}/{name.encode('utf-8', 'backslashreplace').decode()}"
        low = name.lower()
        if low.endswith(PICTURES):
            yield item, lambda data=data: [decoded(data)]  # type: ignore[misc]
        elif low.endswith(_DICOM):
            yield item, lambda data=data: _of_dicom_bytes(data)  # type: ignore[misc]
        else:
            yield item, None


def _raising(error: Exception) -> Read:
    def read() -> Iterable[PillowImage.Image]:
        raise error

    return read


def _of_dicom_bytes(data: bytes) -> list[PillowImage.Image]:
    with tempfile.TemporaryDirectory(prefix="fabrica-dicom-") as folder:
        Path(folder, "member.dcm").write_bytes(data)
        return _of_dicom(Files(folder), "member.dcm")


def _of_dicom(files: Files, name: str) -> list[PillowImage.Image]:
    """The frames of a DICOM image in the windows that its tags name. Raises `BadData`."""
    # Here, for pydicom and its codecs take a while to import.
    from extractors.labelled.records import Entry, Looks
    from extractors.labelled.volumes.dicom_images import read_images

    reading = read_images(
        files, Entry(name, files=[name]), {}, [], _MOST_FRAMES, Looks(lambda _: 0), lambda p: p
    )
    if reading.drops and not reading.pictures:
        raise BadData(reading.drops[0].reason, reading.drops[0].detail)
    return [decoded(picture.data) for picture in reading.pictures]


def picture_row(item: str, image: PillowImage.Image, crop: float) -> dict | None:
    """A row of `FINGERPRINTS` for a picture; None for one that has nothing to compare."""
    signature = picture_signature(image, crop)
    if signature.hash == NOT_COMPARABLE:
        return None
    words = dict(zip(("h0", "h1", "h2", "h3"), signature.hash, strict=True))
    crops = [number for one in signature.crops for number in one]
    return {"kind": PICTURE, "item": item, **words, "crops": crops}
