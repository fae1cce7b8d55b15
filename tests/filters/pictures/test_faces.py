"""Faces: the cascade against a plain one, YuNet's boxes in the picture's own pixels, clear errors."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from filters.pictures import faces
from filters.pictures.face_cascade import (
    _AROUND,
    BadCascade,
    FaceCascade,
    Weak,
    read_cascade,
    windows,
)
from filters.pictures.faces import FaceModelMissing, find_faces
from tests.filters.pictures.test_quality import MODES, scene

_SIDE = 64


def yunet(path: Path, box: tuple[int, int, int, int], score: float = 0.9) -> str:
    """A net with YuNet's inputs and outputs that sees one face at `box` (x, y, width, height)."""
    x, y, width, height = box
    column, row, step = x // 8, y // 8, 8
    values, nodes, outputs = [], [], []
    for kind, wide in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            cells = (_SIDE // stride) ** 2
            table = np.zeros((1, cells, wide), np.float32)
            if stride == step:
                at = row * (_SIDE // step) + column
                table[0, at] = {
                    "cls": score,
                    "obj": score,
                    "bbox": [
                        (x + width / 2) / step - column,
                        (y + height / 2) / step - row,
                        np.log(width / step),
                        np.log(height / step),
                    ],
                    "kps": 0,
                }[kind]
            name = f"{kind}_{stride}"
            values.append(numpy_helper.from_array(table, f"value_{name}"))
            nodes.append(helper.make_node("Add", ["zero", f"value_{name}"], [name]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, table.shape))
    values.append(numpy_helper.from_array(np.zeros(1, np.float32), "nought"))
    values.append(numpy_helper.from_array(np.ones(3, np.int64), "shape"))
    nodes = [
        helper.make_node("Mul", ["input", "nought"], ["black"]),
        helper.make_node("GlobalAveragePool", ["black"], ["means"]),
        helper.make_node("ReduceMean", ["means"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Reshape", ["mean", "shape"], ["zero"]),
        *nodes,
    ]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, _SIDE, _SIDE])
    graph = helper.make_graph(nodes, "yunet", [given], outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    onnx.save(model, path)
    return str(path)


def test_a_face_of_yunet_is_told_in_pixels_of_the_picture(tmp_path: Path) -> None:
    model = yunet(tmp_path / "yunet.onnx", (20, 12, 24, 30))
    (face,) = find_faces(Image.new("RGB", (_SIDE, _SIDE)), model)
    assert face.box == [20, 12, 44, 42]
    assert face.score == pytest.approx(0.9, abs=0.01)


def test_a_box_of_yunet_ends_with_the_picture(tmp_path: Path) -> None:
    model = yunet(tmp_path / "yunet.onnx", (50, 50, 40, 40))
    (face,) = find_faces(Image.new("L", (_SIDE, _SIDE)), model)
    assert face.box == [50, 50, 64, 64]


def test_an_unsure_face_of_yunet_is_none(tmp_path: Path) -> None:
    model = yunet(tmp_path / "yunet.onnx", (20, 12, 24, 30), score=0.3)
    assert find_faces(Image.new("RGB", (_SIDE, _SIDE)), model) == []


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FaceModelMissing, match=r"no face model at .*nowhere\.onnx"):
        find_faces(scene(), str(tmp_path / "nowhere.onnx"))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(FaceModelMissing, match="is no YuNet model"):
        find_faces(scene(), str(broken))


def test_no_detector_at_all_is_said_and_not_taken_for_no_face(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faces._cascade.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FaceModelMissing, match="install scikit-image"):
        find_faces(scene())


def cascade(seed: int = 0) -> FaceCascade:
    """Two stages of random patterns, of which most windows pass the first."""
    rng = np.random.default_rng(seed)

    def weak() -> Weak:
        width, height = (int(v) for v in rng.integers(1, 4, 2))
        x, y = int(rng.integers(0, 13 - 3 * width)), int(rng.integers(0, 13 - 3 * height))
        return Weak((x, y, width, height), rng.normal(0, 1, 256).astype(np.float32))

    return FaceCascade(12, ((-0.5, (weak(), weak())), (0.0, (weak(), weak(), weak()))))


def plainly(stages: FaceCascade, grey: np.ndarray, x: int, y: int) -> bool:
    """The same cascade at one place, block after block."""
    for threshold, stage in stages.stages:
        total = 0.0
        for weak in stage:
            left, top, width, height = weak.rect
            cells = {
                (c, r): int(
                    grey[
                        y + top + r * height : y + top + (r + 1) * height,
                        x + left + c * width : x + left + (c + 1) * width,
                    ].sum(dtype=np.int64)
                )
                for c in range(3)
                for r in range(3)
            }
            bits = "".join(str(int(cells[place] >= cells[1, 1])) for place in _AROUND)
            total += float(weak.votes[int(bits, 2)])
        if total < threshold:
            return False
    return True


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_cascade_passes_the_windows_that_a_plain_one_passes(seed: int) -> None:
    grey = np.random.default_rng(seed + 9).integers(0, 256, (30, 40), dtype=np.uint8)
    stages = cascade(seed)
    found = windows(stages, grey, np.ones_like(grey), 0.5, 0.0, step=9.0)
    known = [
        (x, y) for y in range(0, 19, 2) for x in range(0, 29, 2) if plainly(stages, grey, x, y)
    ]
    assert 5 < len(known) < 140
    assert [(x, y) for x, y, _, _ in found] == known


def test_the_cascade_looks_only_where_it_is_told_to() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (40, 60), dtype=np.uint8)
    mask = np.zeros_like(grey)
    mask[:, 30:] = 1
    found = windows(cascade(), grey, mask, 0.9, 0.0, step=9.0)
    assert len(found)
    assert found[:, 0].min() >= 28
    assert not len(windows(cascade(), grey // 32, np.ones_like(grey), 0.5, 14.0))


def test_a_file_that_is_no_cascade_is_said(tmp_path: Path) -> None:
    for text in ("", "<a/>", "<opencv_storage><cascade/></opencv_storage>", "\0"):
        path = tmp_path / "cascade.xml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadCascade):
            read_cascade(path)


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    """A public-domain portrait of scikit-image; its face is at about [172, 65, 271, 165]."""
    data = pytest.importorskip("skimage.data")
    return Image.fromarray(data.astronaut())


def test_a_portrait_is_found_at_several_sizes_and_in_grey(portrait: Image.Image) -> None:
    for side, mode in ((200, "RGB"), (512, "RGB"), (2000, "RGB"), (512, "L")):
        found = find_faces(portrait.resize((side, side)).convert(mode))
        assert len(found) == 1, (side, mode)
        x0, y0, x1, y1 = (v * 512 / side for v in found[0].box)
        assert 180 < (x0 + x1) / 2 < 260
        assert 80 < (y0 + y1) / 2 < 150
        assert 50 < x1 - x0 < 150


def test_nobody_is_seen_in_shapes_noise_or_nothing(portrait: Image.Image) -> None:
    del portrait  # scikit-image is there
    rng = np.random.default_rng(4)
    grain = Image.fromarray(rng.integers(0, 256, (300, 400, 3), dtype=np.uint8))
    for image in (scene(), grain, Image.new("RGB", (300, 300), (220, 170, 150))):
        assert find_faces(image) == []


@pytest.mark.parametrize("mode", MODES)
def test_any_mode_and_size(mode: str, portrait: Image.Image) -> None:
    del portrait
    for size in ((1, 1), (3, 400), (50, 40)):
        plain = mode in ("LAB", "PA", "I;16", "HSV")
        image = Image.new(mode, size) if plain else scene(*size).convert(mode)
        assert find_faces(image) == find_faces(image)


def test_opencv_still_has_the_detector() -> None:
    assert hasattr(cv2, "FaceDetectorYN")
