"""A user's own panel detector, as ONNX: `figures: {detector: "onnx:panels.onnx"}`.

In: one tensor (1, 3, height, width), RGB of 0 to 1, the picture fitted in and padded with grey.
Out: one tensor, either (1, N, 5 or 6) of x0, y0, x1, y1, score[, class] or (1, 4 + classes, N) of
centre x, centre y, width, height and a score per class, both in pixels of the input. These are
what the common YOLO exporters write, with and without their own suppression of overlaps.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from extractors.figures.panels import Seen
from extractors.figures.records import Panel

_GREY = (114, 114, 114)
_FAINT, _MOST = 0.1, 300
_SIDE_PX = 640


class BadDetector(ValueError):
    """A model that cannot be used; the message says why."""


def onnx_detector(path: str | Path) -> functools.partial[Seen]:
    """The detector in an ONNX file, to be called with pixels and the number of named panels.

    Raises `BadDetector` for a file that is no such model.
    """
    session, name, size = _load(str(path))
    return functools.partial(_detect, session, name, size)


@functools.lru_cache(maxsize=2)
def _load(path: str) -> tuple[onnxruntime.InferenceSession, str, tuple[int, int]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an error class for each way to be broken
        raise BadDetector(f"{path}: {str(error).splitlines()[0][:200]}") from None
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
        raise BadDetector(f"{path}: one float input (1, 3, height, width) is wanted, not {shape}")
    if not outputs or len(outputs[0].shape or ()) != 3:
        raise BadDetector(f"{path}: its first output has not the three dimensions of boxes")
    height, width = (side if isinstance(side, int) else _SIDE_PX for side in shape[2:])
    return session, inputs[0].name, (width, height)


def _detect(
    session: onnxruntime.InferenceSession,
    name: str,
    size: tuple[int, int],
    pixels: np.ndarray,
    named: int,
) -> Seen:
    """Panels of (height, width, 3) uint8; several sure ones make the figure compound."""
    picture = Image.fromarray(pixels)
    scale = min(size[0] / picture.width, size[1] / picture.height)
    fitted = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", size, _GREY)
    left, top = (size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2
    canvas.paste(picture.resize(fitted, Image.Resampling.BILINEAR), (left, top))
    tensor = np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 255
    boxes, scores = _boxes(np.asarray(session.run(None, {name: tensor})[0], np.float32)[0])
    boxes = (boxes - (left, top, left, top)) / scale
    panels = []
    for i in np.argsort(-scores, kind="stable")[:_MOST]:
        x0, y0, x1, y1 = (round(float(v)) for v in np.nan_to_num(boxes[i], posinf=0, neginf=0))
        box = (max(0, x0), max(0, y0), min(picture.width, x1), min(picture.height, y1))
        if scores[i] >= _FAINT and box[2] - box[0] >= 8 and box[3] - box[1] >= 8:
            panels.append(Panel(box, float(min(1.0, scores[i]))))
    sure = sorted((p.score for p in panels), reverse=True)
    return Seen(tuple(panels), sure[1] if len(sure) > 1 else 0.0)


def _boxes(out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (N, 4) and scores (N,) from either form of output."""
    if out.shape[1] in (5, 6):
        return out[:, :4], np.nan_to_num(out[:, 4])
    x, y, wide, high = out[:4]
    corners = np.stack((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), 1)
    return corners, np.nan_to_num(out[4:].max(axis=0))
