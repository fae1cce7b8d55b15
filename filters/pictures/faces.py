"""Finds faces in pictures, so that those of patients can be marked; nobody is ever identified.

Two detectors. With `model`, a YuNet file (Wu, Peng and Yu 2023, "YuNet: a tiny millisecond-level face
detector"; `face_detection_yunet_2023mar.onnx` of the OpenCV model zoo), run by OpenCV: the better one.
Without, the cascade of local binary patterns that comes with scikit-image: upright frontal faces of
at least a twelfth of the picture's longer side, skin-coloured where the picture has colours.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from filters.pictures.face_cascade import FaceCascade, read_cascade, windows
from filters.pictures.planes import planes
from filters.pictures.tones import grey_share

SCORES = ("faces",)
Found = Sequence[tuple[float, float, float, float, float]]  # x, y, width, height, score
LEAST_SCORE = 0.5  # of a face that is told
_SIDE = 256  # px, of the copy that the cascade looks at
_CASCADE = Path("data") / "lbpcascade_frontalface_opencv.xml"
_HALF = {True: 1.5, False: 3.0}  # windows for a score of 0.5, with and without colour to go by
_SKIN = ((40, 135, 85), (255, 180, 130))  # Y, Cr, Cb of skin of any kind, after Chai and Ngan 1999
_LEAST_SKIN = 0.45  # of a face
_ALL_GREY = 0.97  # share of pixels without colour
_TURNS = (0, 22, -22)  # degrees; turned heads are looked for in pictures with colours only
_LEAST_SPREAD = 14.0  # grey levels in a face


class FaceModelMissing(RuntimeError):
    """There is nothing to find faces with; the message says what to install or to name."""


@dataclass(frozen=True, slots=True)
class Face:
    """`box` is [x0, y0, x1, y1] in pixels of the given picture, `score` 0.5 to 1."""

    box: list[int]
    score: float


def find_faces(image: Image.Image, model: str = "") -> list[Face]:
    """The faces of a decoded picture of any mode and size, the surest first.

    `model`: path of a YuNet ONNX file, or nothing for scikit-image's cascade. Raises
    FaceModelMissing where that is not there.
    """
    found = _by_yunet(image, model) if model else _by_cascade(image)
    wide, high = image.size
    faces = []
    for x, y, width, height, score in found:
        x0, y0 = max(0, round(x)), max(0, round(y))
        x1, y1 = min(wide, round(x + width)), min(high, round(y + height))
        if score >= LEAST_SCORE and x1 > x0 and y1 > y0:
            faces.append(Face([x0, y0, x1, y1], round(score, 4)))
    return sorted(faces, key=lambda face: (-face.score, face.box))


def _by_yunet(image: Image.Image, model: str) -> Found:
    if not Path(model).is_file():
        raise FaceModelMissing(f"no face model at {model}: fetch a YuNet ONNX file, or name none")
    plane = planes(image)
    rgb = plane.rgb if plane.rgb is not None else cv2.cvtColor(plane.grey, cv2.COLOR_GRAY2RGB)
    high, wide = rgb.shape[:2]
    detector = _yunet(model)
    detector.setInputSize((wide, high))
    faces = detector.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1]
    scale_x, scale_y = image.size[0] / wide, image.size[1] / high
    return [
        (f[0] * scale_x, f[1] * scale_y, f[2] * scale_x, f[3] * scale_y, min(1.0, float(f[14])))
        for f in (() if faces is None else faces.astype(float))
    ]


@cache
def _yunet(model: str) -> cv2.FaceDetectorYN:
    try:
        return cv2.FaceDetectorYN.create(model, "", (_SIDE, _SIDE), LEAST_SCORE)
    except cv2.error as error:
        reason = str(error).strip().splitlines()[-1]
        raise FaceModelMissing(f"{model} is no YuNet model that OpenCV reads: {reason}") from error


@cache
def _cascade() -> FaceCascade:
    package = importlib.util.find_spec("skimage")
    if package is None or not package.origin:
        raise FaceModelMissing(
            "no face detector: install scikit-image, or name a YuNet ONNX file as the face model"
        )
    path = Path(package.origin).parent / _CASCADE
    if not path.is_file():
        raise FaceModelMissing(f"this scikit-image has no {_CASCADE.name}: install another")
    return read_cascade(path)


def _by_cascade(image: Image.Image) -> Found:
    """The places where many windows agree, in the picture and in its mirror image."""
    cascade = _cascade()
    plane = planes(image)
    scale = max(1.0, max(plane.grey.shape) / _SIDE)
    size = tuple(max(1, round(side / scale)) for side in plane.grey.shape[::-1])
    grey = cv2.resize(plane.grey, size, interpolation=cv2.INTER_AREA)
    rgb = None if plane.rgb is None else cv2.resize(plane.rgb, size, interpolation=cv2.INTER_AREA)
    coloured = grey_share(rgb) < _ALL_GREY
    skin = _skin(rgb) if rgb is not None and coloured else np.ones(grey.shape, np.uint8)
    if not skin.any():
        return []
    across, down = image.size[0] / size[0], image.size[1] / size[1]
    faces: list[tuple[float, float, float, float, float]] = []
    for degrees in _TURNS if coloured else _TURNS[:1]:
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), degrees, 1.0)
        back = cv2.invertAffineTransform(turn)
        turned = [
            cv2.warpAffine(plane_, turn, size) if degrees else plane_ for plane_ in (grey, skin)
        ]
        for x, y, side, count in _upright(cascade, turned[0], turned[1]):
            mid_x, mid_y = back @ (x + side / 2, y + side / 2, 1.0)
            box = (mid_x - side / 2) * across, (mid_y - side / 2) * down, side * across, side * down
            faces.append((*box, count / (count + _HALF[coloured])))
    return _apart(faces)


def _upright(
    cascade: FaceCascade, grey: np.ndarray, skin: np.ndarray
) -> list[tuple[float, float, float, int]]:
    """The places where windows pass in the picture and in its mirror image, see `_joined`."""
    found = windows(cascade, grey, skin, _LEAST_SKIN, _LEAST_SPREAD)
    if not len(found):
        return []
    again = windows(cascade, cv2.flip(grey, 1), cv2.flip(skin, 1), _LEAST_SKIN, _LEAST_SPREAD)
    again[:, 0] = grey.shape[1] - again[:, 0] - again[:, 2]
    return _joined(found, again)


def _apart(
    faces: list[tuple[float, float, float, float, float]],
) -> list[tuple[float, float, float, float, float]]:
    """The surest of faces that lie on one another."""
    kept: list[tuple[float, float, float, float, float]] = []
    for face in sorted(faces, key=lambda f: (-f[4], f)):
        x, y, width, height, _ = face
        if all(
            abs(x + width / 2 - k[0] - k[2] / 2) > max(width, k[2]) / 2
            or abs(y + height / 2 - k[1] - k[3] / 2) > max(height, k[3]) / 2
            for k in kept
        ):
            kept.append(face)
    return kept


def _skin(rgb: np.ndarray) -> np.ndarray:
    """1 where a pixel has the colour of skin, uint8 (h, w)."""
    inside = cv2.inRange(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb), *map(np.array, _SKIN))
    return np.minimum(inside, 1)


def _joined(found: np.ndarray, again: np.ndarray) -> list[tuple[float, float, float, int]]:
    """Mean x, y, side of the windows around each place, and how many both passes have there."""
    places = []
    left = found[np.lexsort((found[:, 1], found[:, 0], -found[:, 3]))]
    while len(left):
        here = _near(left, left[0])
        x, y, side = left[here][:, :3].mean(axis=0)
        count = min(int(here.sum()), int(_near(again, np.array([x, y, side, 0])).sum()))
        places.append((float(x), float(y), float(side), count))
        left = left[~here]
    return places


def _near(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Which windows (n, 4) stand where `box` stands and are about as large."""
    x, y, side = box[:3]
    middle_x, middle_y = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 2] / 2
    close = np.maximum(abs(middle_x - x - side / 2), abs(middle_y - y - side / 2)) < side / 4
    return close & (boxes[:, 2] < 1.5 * side) & (boxes[:, 2] > side / 1.5)
