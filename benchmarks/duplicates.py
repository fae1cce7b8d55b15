"""Near duplicates of real pictures: what is found after each change, and what is merged wrongly.

`python -m benchmarks.duplicates [--data DIR] [--json]`: every picture of the data folder, changed in
each way of `benchmarks.picture_changes`, is looked for by its signature; other perceptual hashes
beside it. False merges are counted among all pairs of a picture with a changed one of another
picture. `--rows N` instead searches N made hashes (`benchmarks.duplicate_rows`).

JSON: `recall` (the least of all changes but crops, at the defaults of `near_duplicates`),
`crop_recall` (the least of all crops, with `crop: 0.05`), `false_merges` (of `pairs`, at the
defaults), and the tables that are printed.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import arguments
from benchmarks.duplicate_peers import LIMITS, peers
from benchmarks.duplicate_pictures import Picture, real_pictures
from benchmarks.picture_changes import CHANGES, NEEDS_CROP, NEEDS_ROTATE, changed
from filters.alike.neighbour_keys import Turning, distances, keys, table_of
from filters.alike.neighbour_search import choices
from filters.alike.signatures import picture_signature
from filters.options import Alike, KeepOut, NearDuplicates

_CROP = 0.05
# Changes that are harder than what is asked of the defaults; in the table, not in `recall`.
_HARD = ("arrow", "large_arrow", "letter_arrow_jpeg")
_SETTINGS: dict[str, Alike] = {
    "near_duplicates": NearDuplicates(),
    "+ rotate": NearDuplicates(rotate=True),
    "+ crop": NearDuplicates(crop=_CROP),
    "keep_out": KeepOut(path="-"),
}


@dataclass(frozen=True)
class Hashed:
    """Signatures of n pictures: as they are first, then after each of the changes.

    `whole` (n, 1 + changes, 4), `crops` (n, 1 + changes, crops, 4), `others` the peers' hashes
    (n, 1 + changes, words).
    """

    pictures: list[Picture]
    whole: np.ndarray
    crops: np.ndarray
    others: dict[str, np.ndarray]
    ms: dict[str, float]

    def only(self, chosen: np.ndarray) -> Hashed:
        others = {name: hashes[chosen] for name, hashes in self.others.items()}
        kept = [p for p, wanted in zip(self.pictures, chosen, strict=True) if wanted]
        return Hashed(kept, self.whole[chosen], self.crops[chosen], others, self.ms)


def hashed(pictures: list[Picture]) -> Hashed:
    """All signatures, in two processes."""
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(_hash_one, range(len(pictures)), pictures, chunksize=4))
    wholes, crops, others, times = zip(*rows, strict=True)
    names = list(others[0])
    return Hashed(
        pictures,
        np.array(wholes, np.uint64),
        np.array(crops, np.uint64),
        {name: np.array([own[name] for own in others], np.uint64) for name in names},
        {name: round(1000 * float(np.median([t[name] for t in times])), 3) for name in times[0]},
    )


def _hash_one(seed: int, picture: Picture) -> tuple[Any, Any, dict[str, Any], dict[str, float]]:
    image = picture.image()
    versions = [image, *(changed(image, name, seed) for name in CHANGES)]
    times = {}
    wholes, crops, others = [], [], {}
    start = time.perf_counter()
    picture_signature(image)
    times["signature"] = time.perf_counter() - start
    start = time.perf_counter()
    for version in versions:
        signature = picture_signature(version, _CROP)
        missing = [signature.hash] * (15 - len(signature.crops))
        wholes.append(signature.hash)
        crops.append([*signature.crops, *missing])
    times["signature with crops"] = (time.perf_counter() - start) / len(versions)
    for name, peer in peers().items():
        start = time.perf_counter()
        others[name] = [peer(version) for version in versions]
        times[name] = (time.perf_counter() - start) / len(versions)
    return wholes, crops, others, times


def turning(alike: Alike) -> Turning:
    """The turns it allows."""
    return Turning(alike.mirror, alike.rotate)


def found(hashes: Hashed, change: int, alike: Alike) -> np.ndarray:
    """(n,): whether the changed picture is the same as it was, by `alike`; from either side."""
    original, other = hashes.whole[:, 0], hashes.whole[:, change]
    near = _near(original, other, alike)
    if alike.crop:
        for i in range(hashes.crops.shape[2]):
            near |= _near(hashes.crops[:, 0, i], other, alike)
            near |= _near(hashes.crops[:, change, i], original, alike)
    return near


def _near(a: np.ndarray, b: np.ndarray, alike: Alike) -> np.ndarray:
    bits, _ = distances(a, b, turning(alike))
    return (bits <= 4 * alike.hamming) & a.any(axis=-1) & b.any(axis=-1)


def false_merges(hashes: Hashed, alike: Alike, most: int = 0) -> tuple[int, int, list[str]]:
    """How many pairs of a picture and a changed other one were compared, how many were the same by
    `alike`, and up to 20 of these by name. Pictures that are really the same, and neighbouring
    slices, are left out; `most` compares so many pairs alone, evenly chosen."""
    names = ["as is", *CHANGES]
    families = np.unique([p.family for p in hashes.pictures], return_inverse=True)[1]
    first, second = np.nonzero(families[:, None] != families[None, :])
    if most:
        step = max(1, len(first) * len(names) // most)
        first, second = first[::step], second[::step]
    merged, compared, which = 0, 0, []
    for change in range(len(names)):
        for start in range(0, len(first), 1 << 18):
            a, b = first[start : start + (1 << 18)], second[start : start + (1 << 18)]
            near = _near(hashes.whole[a, 0], hashes.whole[b, change], alike)
            for i in range(hashes.crops.shape[2] if alike.crop else 0):
                near |= _near(hashes.crops[a, 0, i], hashes.whole[b, change], alike)
            compared += len(a)
            merged += int(near.sum())
            for x, y in zip(a[near], b[near], strict=True):
                names_of = (hashes.pictures[x].name, hashes.pictures[y].name)
                which.append(f"{names_of[0]} = {names_of[1]}, {names[change]}")
    return compared, merged, which[:20]


def peers_found(hashes: Hashed, change: int, name: str, limit: int) -> np.ndarray:
    """(n,): whether a peer's hash of the changed picture is near to its own."""
    of = hashes.others[name]
    return np.bitwise_count(of[:, 0] ^ of[:, change]).sum(axis=-1) <= limit


def peers_merges(hashes: Hashed, name: str, limit: int) -> int:
    """As `false_merges`, of a peer."""
    families = np.unique([p.family for p in hashes.pictures], return_inverse=True)[1]
    different = families[:, None] != families[None, :]
    of = hashes.others[name]
    merged = 0
    for i in range(len(of)):
        bits = np.bitwise_count(of[i, 0] ^ of).sum(axis=-1)
        merged += int((bits[different[i]] <= limit).sum())
    return merged


def nearest_others(hashes: Hashed, most: int = 12) -> list[tuple[int, str, str]]:
    """The nearest pairs of different pictures, under all turns: how far the limit is from them."""
    identities = np.unique([p.identity for p in hashes.pictures], return_inverse=True)[1]
    i, j = np.triu_indices(len(hashes.pictures), 1)
    keep = identities[i] != identities[j]
    i, j = i[keep], j[keep]
    bits, _ = distances(hashes.whole[i, 0], hashes.whole[j, 0], Turning(True, True))
    nearest = np.argsort(bits, kind="stable")[:most]
    return [(int(bits[k]), hashes.pictures[i[k]].name, hashes.pictures[j[k]].name) for k in nearest]


def same_in_data(hashes: Hashed) -> tuple[int, int]:
    """Pairs of files of the data that show the same picture, and how many the defaults find."""
    identities = np.unique([p.identity for p in hashes.pictures], return_inverse=True)[1]
    i, j = np.nonzero(np.triu(identities[:, None] == identities[None, :], 1))
    near = _near(hashes.whole[i, 0], hashes.whole[j, 0], NearDuplicates())
    return len(i), int(near.sum())


def searched(large: Hashed, alike: Alike) -> tuple[int, int]:
    """Of the changed pictures that are near by comparing all bits, how many there are, and how many
    the search for near matches meets with keys as long as 24 million rows need."""
    near, met = 0, 0
    original = large.whole[:, 0]
    for change in range(1, len(CHANGES) + 1):
        other = large.whole[:, change]
        is_near = _near(original, other, alike)
        shared = np.zeros(len(original), bool)
        for slots in choices(24_000_000):
            table = table_of(slots)
            shared |= keys(original, table, turning(alike)) == keys(other, table, turning(alike))
        near += int(is_near.sum())
        met += int((is_near & shared).sum())
    return near, met


def siblings_merged(hashes: Hashed) -> tuple[int, int]:
    """Pairs of neighbouring slices, one of them changed, and how many the defaults call the same."""
    of = hashes.pictures
    pairs = [
        (i, j)
        for i, one in enumerate(of)
        for j, other in enumerate(of)
        if one.family == other.family and one.identity != other.identity
    ]
    near = 0
    for i, j in pairs:
        own = np.repeat(hashes.whole[i, :1], hashes.whole.shape[1], axis=0)
        near += int(_near(own, hashes.whole[j], NearDuplicates()).sum())
    return len(pairs) * hashes.whole.shape[1], near


def measured(data: Path) -> dict[str, Any]:
    """Everything that is printed."""
    every = hashed(real_pictures(data))
    small = np.array([p.small for p in every.pictures])
    large, tiny = every.only(~small), every.only(small)
    changes: dict[str, dict[str, float]] = {}
    for k, name in enumerate(CHANGES, 1):
        row = {s: _share(found(large, k, alike)) for s, alike in _SETTINGS.items()}
        row["28 px"] = _share(found(tiny, k, _SETTINGS["near_duplicates"]))
        for peer in large.others:
            for limit in LIMITS[peer]:
                row[f"{peer} {limit}"] = _share(peers_found(large, k, peer, limit))
        changes[name] = row
    pairs, merges, which = false_merges(large, _SETTINGS["near_duplicates"])
    same, same_found = same_in_data(every)
    plain = [n for n in CHANGES if n not in (*NEEDS_CROP, *NEEDS_ROTATE, *_HARD)]
    return {
        "recall": min(changes[name]["near_duplicates"] for name in plain),
        "crop_recall": min(changes[name]["+ crop"] for name in NEEDS_CROP),
        "false_merges": merges,
        "pairs": pairs,
        "pictures": len(large.pictures),
        "pictures_28px": len(tiny.pictures),
        "same_in_data": same,
        "same_in_data_found": same_found,
        "siblings_merged": siblings_merged(large),
        "changes": changes,
        "merges": _merges(large, tiny, merges, which),
        "merged": which,
        "search": {name: searched(large, alike) for name, alike in _SETTINGS.items()},
        "options": options(large),
        "nearest_others": nearest_others(large),
        "ms": every.ms,
    }


def _share(hits: np.ndarray) -> float:
    return round(float(hits.mean()), 4) if len(hits) else 0.0


def _merges(large: Hashed, tiny: Hashed, merges: int, which: list[str]) -> dict[str, int]:
    """False merges of each column of the table; with crops among 10^6 pairs."""
    out = {"near_duplicates": merges}
    out["+ rotate"] = false_merges(large, _SETTINGS["+ rotate"])[1]
    for setting in ("+ crop", "keep_out"):
        _, out[setting], names = false_merges(large, _SETTINGS[setting], 1_000_000)
        which += [f"{setting}: {name}" for name in names]
    out["28 px"] = false_merges(tiny, _SETTINGS["near_duplicates"])[1]
    for peer in large.others:
        for limit in LIMITS[peer]:
            out[f"{peer} {limit}"] = peers_merges(large, peer, limit)
    return out


def options(large: Hashed) -> list[dict[str, Any]]:
    """What each value of `hamming` gives and costs: the least recall of plain changes and of crops
    (with `crop`), and false merges, under all turns, of 3 x 10^6 pairs."""
    plain = [n for n in CHANGES if n not in (*NEEDS_CROP, *_HARD)]
    order = list(CHANGES)
    rows = []
    for bits in (2, 4, 6, 8, 10, 12):
        turns = Alike(hamming=bits, rotate=True)
        crop = Alike(hamming=bits, crop=_CROP)
        recalls = [_share(found(large, order.index(n) + 1, turns)) for n in plain]
        crops = [_share(found(large, order.index(n) + 1, crop)) for n in NEEDS_CROP]
        compared, merges, _ = false_merges(large, turns, 3_000_000)
        rows.append(
            {
                "hamming": bits,
                "recall": min(recalls),
                "crop_recall": min(crops),
                "pairs": compared,
                "false_merges": merges,
            }
        )
    return rows


def printed(result: dict[str, Any]) -> None:
    """The tables."""
    columns = list(next(iter(result["changes"].values())))
    print(f"{result['pictures']} pictures, {result['pictures_28px']} of 28 px apart; share found")
    print(f"{'':20}" + "".join(f"{c[:15]:>16}" for c in columns))
    for name, row in result["changes"].items():
        print(f"{name:20}" + "".join(f"{row[c]:16.3f}" for c in columns))
    print(f"{'false merges':20}" + "".join(f"{result['merges'][c]:16}" for c in columns))
    print(f"of {result['pairs']:,} pairs; with crops of 10^6")
    print("hamming: recall, with crops, false merges under all turns")
    for row in result["options"]:
        found_, crops = row["recall"], row["crop_recall"]
        merges = f"{row['false_merges']} of {row['pairs']:,}"
        print(f"{row['hamming']:7}: {found_:.3f}  {crops:.3f}  {merges}")
    for name, (near, met) in result["search"].items():
        print(f"{name}: of {near} near, the search of 24 million rows meets {met / near:.4f}")
    print("real duplicates in the data:", result["same_in_data"], "pairs, found", end=" ")
    print(result["same_in_data_found"])
    print(
        "neighbouring slices, one changed: {} pairs, merged {}".format(*result["siblings_merged"])
    )
    for bits, one, other in result["nearest_others"]:
        print(f"  different, {bits} bits of 256: {one} | {other}")
    for line in result["merged"]:
        print("  merged:", line)
    print("ms for a picture:", ", ".join(f"{k} {v}" for k, v in result["ms"].items()))
    print(f"recall {result['recall']}, crop_recall {result['crop_recall']}, ", end="")
    print(f"false_merges {result['false_merges']} of {result['pairs']:,}")


def main() -> None:
    """The command."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=0, help="search so many made hashes instead")
    parsed = parser.parse_args()
    if parsed.rows:
        from benchmarks.duplicate_rows import scaled

        print(json.dumps(scaled(parsed.rows), indent=None if parsed.json else 1))
        return
    result = measured(parsed.data)
    if parsed.json:
        print(json.dumps(result))
    else:
        printed(result)


if __name__ == "__main__":
    main()
