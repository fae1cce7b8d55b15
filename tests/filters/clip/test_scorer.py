"""The CLIP scorer: the real open_clip with random weights where it is installed."""

from __future__ import annotations

import json
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from filters.clip.scorer import ClipRow, ClipScorer, ClipUnavailable, zero_shot
from filters.options import Clip
from tests.filters.clip.clip_models import PREPROCESS, TEXT, TINY, VISION, Plain, write_model

SENTENCES = {"ct": ["a CT scan", "an axial CT"], "chart": ["a bar chart"]}
SAYING = "axial ct scan of the chest with a large mass in left lower lobe and some fluid"
WORDS = SAYING.split()  # each is one token


def test_without_open_clip_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(ClipUnavailable, match=r"pip install 'fabrica-corpus\[clip\]'"):
        zero_shot("ViT-B-32/openai", SENTENCES)
    with pytest.raises(ClipUnavailable, match=r"pip install 'fabrica-corpus\[clip\]'"):
        ClipScorer(Clip(model="ViT-B-32/openai"))


@pytest.mark.parametrize(("name", "version"), [("torch", "2.5.1+cpu"), ("open_clip", "2.24.0")])
def test_packages_that_are_too_old(
    name: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, own in (("torch", "2.10.0"), ("open_clip", "3.0.0")):
        fake = types.ModuleType(module)
        monkeypatch.setattr(fake, "__version__", version if module == name else own, raising=False)
        monkeypatch.setitem(sys.modules, module, fake)
    with pytest.raises(ClipUnavailable, match=f"needs {name} .* or later, not {version[:4]}"):
        zero_shot("ViT-B-32/openai", SENTENCES)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def plain(tiny: Path) -> Plain:
    return Plain(tiny)


def picture(i: int) -> Image.Image:
    pixels = np.random.default_rng(i).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((50 + i % 30, 60))


def row(i: int, **texts: list[str]) -> ClipRow:
    words = np.random.default_rng(i).choice(WORDS, 2 + i % 6)
    return ClipRow(
        f"s{i}", f"d{i // 2}", lambda: picture(i), texts or {"caption": [" ".join(words)]}
    )


def scored(options: Clip, *rows: ClipRow) -> list[dict[str, float]]:
    return [result.scores for result in ClipScorer(options).score(rows)]


def expected_shares(plain: Plain, image: Image.Image) -> list[float]:
    means = [np.mean([plain.text(s) for s in own], axis=0) for own in SENTENCES.values()]
    scale = float(plain.network.logit_scale.detach().exp())
    powers = np.exp([scale * plain.picture(image) @ m / np.linalg.norm(m) for m in means])
    return list(powers / powers.sum())


def test_zero_shot_is_that_of_a_plain_open_clip_loop(tiny: Path, plain: Plain) -> None:
    image = Image.radial_gradient("L").resize((90, 60))
    scores = zero_shot(f"local-dir:{tiny}", SENTENCES)(image)
    assert list(scores) == ["ct", "chart"]
    assert list(scores.values()) == pytest.approx(expected_shares(plain, image), abs=1e-5)


def test_scores_and_embeddings_are_those_of_a_plain_open_clip_loop(
    tiny: Path, plain: Plain
) -> None:
    rows = [row(i) for i in range(45)]
    options = Clip(model=str(tiny), batch=8, classes=SENTENCES)
    scorer = ClipScorer(options)
    results = list(scorer.score(iter(rows)))
    assert scorer.width == TINY["embed_dim"]
    assert [r.sample_id for r in results] == [r.sample_id for r in rows]
    images = [plain.picture(picture(i)) for i in range(45)]
    texts = [plain.text(r.texts["caption"][0]) for r in rows]
    for i, result in enumerate(results):
        assert set(result.scores) == set(options.score_names())
        assert result.problem == ""
        assert result.picture is not None
        assert result.text is not None
        assert result.picture.dtype == result.text.dtype == np.float16
        assert np.abs(result.picture - images[i]).max() < 1e-3
        assert np.abs(result.text - texts[i]).max() < 1e-3
        assert result.scores["clip"] == pytest.approx(images[i] @ texts[i], abs=1e-5)
        shares = [result.scores["class_ct"], result.scores["class_chart"]]
        assert shares == pytest.approx(expected_shares(plain, picture(i)), abs=1e-5)
        others = [images[i] @ texts[j] for j in range(45) if j // 2 != i // 2]
        below = sum(o < images[i] @ texts[i] - 1e-6 for o in others)
        ties = sum(abs(o - images[i] @ texts[i]) <= 1e-6 for o in others)
        assert result.scores["clip_rank"] == pytest.approx(
            (below + ties / 2) / len(others), abs=0.03
        )
    vector = scorer.text_vector(rows[0].texts["caption"][0])
    assert np.array_equal(vector, results[0].text)
    assert np.abs(scorer.picture_vector(picture(3)) - images[3]).max() < 1e-3


def test_a_row_scores_the_same_whatever_its_batch(tiny: Path) -> None:
    rows = [row(i) for i in range(50)]
    first = list(ClipScorer(Clip(model=str(tiny), batch=64, classes=SENTENCES)).score(rows))
    for batch in (1, 3, 7, 50):
        scorer = ClipScorer(Clip(model=str(tiny), batch=batch, classes=SENTENCES))
        for a, b in zip(first, scorer.score(rows), strict=True):
            assert a.scores == pytest.approx(b.scores, abs=1e-5)
            assert a.picture is not None
            assert b.picture is not None
            assert np.abs(a.picture.view(np.int16) - b.picture.view(np.int16)).max() <= 1
        again = list(scorer.score(rows))
        assert [r.scores for r in again] == [r.scores for r in scorer.score(rows)]


def test_one_bad_picture_stops_no_other(tiny: Path) -> None:
    def broken() -> Image.Image:
        raise OSError("image file is truncated\nhere")

    rows = [row(i) for i in range(10)]
    rows[4] = ClipRow("s4", "d2", broken, rows[4].texts)
    rows[6] = ClipRow("s6", "d3", None, rows[6].texts)
    rows[7] = ClipRow("s7", "d3", rows[7].picture, {"caption": ["  "]})
    results = list(ClipScorer(Clip(model=str(tiny), batch=3)).score(rows))
    alone = scored(Clip(model=str(tiny)), *(row(i) for i in (0, 9)))
    assert results[4].problem == "OSError: image file is truncated here"
    assert (results[4].picture, results[4].scores) == (None, {})
    assert results[4].text is not None
    assert (results[6].picture, results[6].scores, results[6].problem) == (None, {}, "")
    assert results[7].text is None
    assert results[7].picture is not None
    assert results[7].scores == {}
    assert results[0].scores == pytest.approx(alone[0], abs=1e-5)
    assert results[9].scores == pytest.approx(alone[1], abs=1e-5)
    assert list(ClipScorer(Clip(model=str(tiny))).score([])) == []


def test_kinds_of_texts_and_the_best_of_several(tiny: Path, plain: Plain) -> None:
    texts = ["large mass", "ct", " ", "fluid"]
    options = Clip(model=str(tiny), texts=["reference", "caption", "label_caption"])
    given = row(1, caption=["a"], reference=texts, title=["lobe"])
    (result,) = ClipScorer(options).score([given])
    seen = plain.picture(picture(1))
    fits = [seen @ plain.text(text) if text.strip() else -1 for text in texts]
    expected = {"clip": max(fits), "clip_caption": seen @ plain.text("a")}
    assert result.scores == pytest.approx(expected, abs=1e-5)
    assert result.nearest == {"reference": fits.index(max(fits)), "caption": 0}


def test_long_texts(tiny: Path, plain: Plain) -> None:
    long = " ".join(WORDS * 3)  # 14 words fit
    windows = [" ".join((WORDS * 3)[a : a + 14]) for a in (0, 13, 26, 37)]
    seen, vectors = plain.picture(picture(5)), [plain.text(window) for window in windows]
    mean = np.mean(vectors, axis=0)
    expected = {
        "first": (seen @ plain.text(long), plain.text(long)),
        "best": (max(v @ seen for v in vectors), max(vectors, key=lambda v: v @ seen)),
        "mean": (seen @ mean / np.linalg.norm(mean), mean / np.linalg.norm(mean)),
    }
    assert len({round(float(value), 3) for value, _ in expected.values()}) == 3
    for how, (cosine, vector) in expected.items():
        scorer = ClipScorer(Clip.model_validate({"model": str(tiny), "long_texts": how}))
        (result,) = scorer.score([row(5, caption=[long])])
        assert result.scores["clip"] == pytest.approx(cosine, abs=1e-5)
        assert result.text is not None
        assert np.abs(result.text - vector).max() < 1e-3


def test_pictures_are_not_read_far_ahead(tiny: Path) -> None:
    most = done = 0

    def rows() -> Iterator[ClipRow]:
        nonlocal most
        for i in range(100):
            most = max(most, i - done)
            yield ClipRow(f"s{i}", f"d{i}", lambda i=i: picture(i), {})

    scorer = ClipScorer(Clip(model=str(tiny), batch=4))
    model = scorer._model
    encode = model.encode_pictures

    def counting(buffer):  # type: ignore[no-untyped-def]
        nonlocal done
        done += len(buffer)
        return encode(buffer)

    object.__setattr__(model, "encode_pictures", counting)
    try:
        assert len(list(scorer.score(rows()))) == 100
    finally:
        object.__delattr__(model, "encode_pictures")
    assert done == 100
    assert most <= 12


def test_a_checkpoint_file_and_a_description(tiny: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    state = load_file(str(tiny / "open_clip_model.safetensors"))
    checkpoint = tmp_path / "epoch_1.pt"
    trained = {"epoch": 1, "state_dict": {f"module.{name}": v for name, v in state.items()}}
    torch.save(trained, checkpoint)
    described = tmp_path / "tiny.json"
    described.write_text((tiny / "open_clip_config.json").read_text())
    expected = scored(Clip(model=f"local-dir:{tiny}"), row(1))
    for weights in (checkpoint, tiny / "open_clip_model.safetensors"):
        assert scored(Clip(model=f"{described}@{weights}"), row(1)) == expected
    with pytest.raises(ClipUnavailable, match="cannot be loaded") as error:
        ClipScorer(Clip(model=f"ViT-S-32-alt@{checkpoint}"))  # another architecture
    assert "\n" not in str(error.value)


def test_no_code_of_a_checkpoint_runs(tiny: Path, tmp_path: Path) -> None:
    import torch

    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return os.mkdir, (str(ran),)

    torch.save({"state_dict": Evil()}, tmp_path / "evil.pt")
    described = tiny / "open_clip_config.json"
    with pytest.raises(ClipUnavailable, match="cannot be loaded"):
        ClipScorer(Clip(model=f"{described}@{tmp_path / 'evil.pt'}"))
    assert not ran.exists()


def test_weights_are_never_random_unasked(tiny: Path, tmp_path: Path) -> None:
    config = (tiny / "open_clip_config.json").read_text()
    (tmp_path / "open_clip_config.json").write_text(config)
    with pytest.raises(ClipUnavailable, match="has no weights"):
        zero_shot(f"local-dir:{tmp_path}", SENTENCES)
    (tmp_path / "open_clip_model.safetensors").write_bytes(b"no such thing")
    with pytest.raises(ClipUnavailable, match="cannot be loaded"):
        zero_shot(f"local-dir:{tmp_path}", SENTENCES)


def test_models_that_cannot_be_had(tiny: Path) -> None:
    import torch

    with pytest.raises(ClipUnavailable, match="no architecture"):
        ClipScorer(Clip(model="ViT-Z-99/openai"))
    with pytest.raises(ClipUnavailable, match=r"cannot be loaded.*local-dir:FOLDER"):
        ClipScorer(Clip(model="ViT-B-32/no_such_tag"))
    if not torch.cuda.is_available():
        for device in ("cuda", "cuda:3"):
            with pytest.raises(ClipUnavailable, match=f"device {device}: no GPU"):
                ClipScorer(Clip(model=str(tiny), device=device))


def test_changed_weights_are_read_again(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = write_model(tmp_path)
    first = scored(Clip(model=str(folder)), row(1))
    file = folder / "open_clip_model.safetensors"
    state = {name: value + 0.1 for name, value in load_file(str(file)).items()}
    save_file(state, str(file))
    os.utime(file, ns=(1, 1))
    assert scored(Clip(model=str(folder)), row(1)) != first


def test_a_tokenizer_of_other_words_is_refused(tmp_path: Path) -> None:
    small = {**TINY, "text_cfg": {**TEXT, "vocab_size": 100}}
    with pytest.raises(ClipUnavailable, match="more words than the model"):
        ClipScorer(Clip(model=str(write_model(tmp_path, small))))


def test_what_is_no_number_is_said(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    file = write_model(tmp_path) / "open_clip_model.safetensors"
    state = load_file(str(file))
    for name in ("visual.proj", "text_projection"):
        state[name] = torch.full_like(state[name], torch.nan)
    save_file(state, str(file))
    (result,) = ClipScorer(Clip(model=str(tmp_path))).score([row(1)])
    assert (result.scores, result.picture, result.text) == ({}, None, None)
    assert "no numbers" in result.problem


def test_lower_precision_is_near(tiny: Path) -> None:
    (full,) = scored(Clip(model=str(tiny), precision="fp32"), row(1))
    (low,) = scored(Clip(model=str(tiny), precision="bf16", device="cpu"), row(1))
    assert low == pytest.approx(full, abs=0.02)
    assert low != full


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
def test_transforms_of_all_kinds(tmp_path: Path, resize_mode: str) -> None:
    preprocess = {**PREPROCESS, "resize_mode": resize_mode, "interpolation": "bilinear"}
    folder = write_model(tmp_path, TINY, preprocess)
    plain, scorer = Plain(folder), ClipScorer(Clip(model=str(folder)))
    for mode in ("RGB", "L", "P", "1", "RGBA", "LA", "CMYK"):
        image = picture(3).convert(mode)
        assert np.abs(scorer.picture_vector(image) - plain.picture(image)).max() < 1e-3
    for size in ((1, 5000), (5000, 1), (1, 1)):
        assert np.isfinite(scorer.picture_vector(Image.new("RGB", size))).all()


def test_what_a_tokenizer_needs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path)
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "own/tokenizer"
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ClipUnavailable, match="needs transformers: pip install transformers"):
        ClipScorer(Clip(model=str(folder)))


def test_sigmoid_models_and_other_tokenizers(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    words = {
        w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(WORDS)])
    }
    inner = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    inner.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    text = {
        **TEXT,
        "vocab_size": len(words),
        "hf_tokenizer_name": "own/tokenizer",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
    }
    model = {
        "embed_dim": 24,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": VISION,
        "text_cfg": text,
    }
    folder = write_model(tmp_path, model)
    inner.save(str(folder / "tokenizer.json"))
    state = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(state))
    plain, scorer = Plain(folder), ClipScorer(Clip(model=str(folder)))
    long = " ".join(WORDS * 3)
    results = list(scorer.score([row(1, caption=["large mass"]), row(2, caption=[long])]))
    seen = plain.picture(picture(1))
    assert results[0].scores["clip"] == pytest.approx(seen @ plain.text("large mass"), abs=1e-5)
    seen = plain.picture(picture(2))
    windows = [" ".join((WORDS * 3)[a : a + 14]) for a in (0, 13, 26, 37)]
    best = max(seen @ plain.text(window) for window in windows)
    assert results[1].scores["clip"] == pytest.approx(best, abs=1e-5)
