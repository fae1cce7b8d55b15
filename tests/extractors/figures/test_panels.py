"""Panel boxes on drawn pictures, and a user's own detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from PIL import Image

from extractors.figures.detector import BadDetector, onnx_detector
from extractors.figures.grid import CELLS, CHANNELS, grid_features
from extractors.figures.gutters import gutter_panels
from extractors.figures.panels import see_panels
from extractors.figures.snapping import snapped
from extractors.figures.split import split_figure


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture) // 2 + rng.integers(0, 60, (height, width, 3), dtype=np.uint8)


def two_by_two(gap: int = 8) -> np.ndarray:
    """Four noisy squares of 200 pixels on white."""
    pixels = np.full((400 + gap, 400 + gap, 3), 255, np.uint8)
    for i, (x, y) in enumerate(((0, 0), (200 + gap, 0), (0, 200 + gap), (200 + gap, 200 + gap))):
        pixels[y : y + 200, x : x + 200] = noise(200, 200, i)
    return pixels


def test_a_plain_grid_is_seen_to_the_pixel() -> None:
    seen = see_panels(two_by_two())
    sure = sorted(p.box for p in seen.panels if p.score > 0.5)
    true = [(0, 0, 200, 200), (0, 208, 200, 408), (208, 0, 408, 200), (208, 208, 408, 408)]
    assert len(sure) == 4
    assert np.abs(np.array(sure) - np.array(true)).max() <= 2
    assert seen.compound > 0.8


def test_one_picture_is_not_compound() -> None:
    pixels = np.full((400, 500, 3), 255, np.uint8)
    pixels[5:395, 5:495] = noise(390, 490)
    assert see_panels(pixels, 0).compound < 0.4
    (panel,) = split_figure(Image.fromarray(pixels), "A photograph of the skin.").panels
    assert np.abs(np.array(panel.box) - (5, 5, 495, 395)).max() <= 2


def test_gutters_cut_a_grid() -> None:
    assert len(gutter_panels(two_by_two())) == 4


def test_a_thin_gutter_shows_in_the_grid() -> None:
    plain, cut = np.full((900, 900, 3), 90, np.uint8), np.full((900, 900, 3), 90, np.uint8)
    cut[:, 450:452] = 255
    assert (grid_features(plain)[5] == 0).all()
    assert (grid_features(cut)[5].max(axis=1) > 40).all()
    assert grid_features(cut).shape == (CHANNELS, CELLS, CELLS)


def test_sides_move_to_the_gutter() -> None:
    pixels = two_by_two()
    assert snapped(pixels.mean(axis=2).astype(np.uint8), np.array([4.0, 3.0, 205.0, 196.0])) == (
        0,
        0,
        200,
        200,
    )
    assert snapped(
        pixels.mean(axis=2).astype(np.uint8), np.array([203.0, 212.0, 400.0, 405.0])
    ) == (208, 208, 408, 408)


def test_sides_of_touching_pictures_move_to_the_edge() -> None:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:, :200] = noise(200, 200) // 3
    pixels[:, 200:] = 140 + noise(200, 200, 5) // 3
    x0, _, x1, _ = snapped(pixels.mean(axis=2).astype(np.uint8), np.array([0.0, 0.0, 204.0, 200.0]))
    assert (x0, x1) == (0, 200)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**31))
def test_boxes_lie_in_any_picture(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
    for panel in see_panels(pixels).panels:
        x0, y0, x1, y1 = panel.box
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    split = split_figure(Image.fromarray(pixels), "(A) One thing. (B) Another thing.")
    assert 0 <= split.confidence <= 1


def model(path: Path, out: np.ndarray, inputs: tuple[object, ...] = (1, 3, 64, 64)) -> Path:
    """An ONNX file that says `out` to every picture."""
    constant = helper.make_tensor("found", TensorProto.FLOAT, out.shape, out.ravel())
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["found", "nothing"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "said",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, inputs)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, out.shape)],
        [constant, zero],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(made, str(path))
    return path


def test_a_users_detector_with_corners(tmp_path: Path) -> None:
    out = np.array([[[0, 16, 30, 48, 0.9, 0], [34, 16, 64, 48, 0.8, 0], [0, 0, 9, 9, 0.01, 0]]])
    detect = onnx_detector(model(tmp_path / "a.onnx", out.astype(np.float32)))
    seen = detect(
        np.zeros((100, 200, 3), np.uint8), 2
    )  # fitted into 64 x 32, 16 rows of grey above
    assert [p.box for p in seen.panels] == [(0, 0, 94, 100), (106, 0, 200, 100)]
    assert seen.compound == pytest.approx(0.8)


def test_a_users_detector_with_centres(tmp_path: Path) -> None:
    out = np.zeros((1, 5, 20), np.float32)
    out[0, :, 3] = (32, 32, 64, 64, 0.7)
    detect = onnx_detector(model(tmp_path / "b.onnx", out))
    seen = detect(np.zeros((64, 64, 3), np.uint8), 0)
    assert [p.box for p in seen.panels] == [(0, 0, 64, 64)]
    assert seen.compound == 0


def test_what_is_no_detector_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "c.onnx").write_bytes(b"not a model")
    with pytest.raises(BadDetector, match=r"c\.onnx"):
        onnx_detector(tmp_path / "c.onnx")
    flat = model(tmp_path / "d.onnx", np.zeros((1, 5, 2), np.float32), (1, 1, 64, 64))
    with pytest.raises(BadDetector, match="one float input"):
        onnx_detector(flat)
