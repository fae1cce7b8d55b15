"""Zero-shot by CLIP: the real open_clip with random weights where it is installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from PIL import Image

from filters.clip import ClipUnavailable, zero_shot

SENTENCES = {"ct": ["a CT scan", "an axial CT"], "chart": ["a bar chart"]}
TINY = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}


@pytest.mark.skipif(importlib.util.find_spec("open_clip") is not None, reason="open_clip is here")
def test_without_open_clip_it_says_what_to_install() -> None:
    with pytest.raises(ClipUnavailable, match=r"pip install 'fabrica-corpus\[clip\]'"):
        zero_shot("ViT-B-32/openai", SENTENCES)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder with the configuration of a tiny model, and no weights yet."""
    pytest.importorskip("open_clip", reason="needs the extra [clip]")
    state = {"model_cfg": TINY, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(state))
    return tmp_path


def test_weights_are_never_random_unasked(tiny: Path) -> None:
    with pytest.raises(ClipUnavailable, match="cannot be loaded"):
        zero_shot(f"local-dir:{tiny}", SENTENCES)


def test_scores_are_those_of_a_plain_open_clip_loop(tiny: Path) -> None:
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    state = {k: v.contiguous() for k, v in open_clip.CLIP(**TINY).state_dict().items()}
    save_file(state, str(tiny / "open_clip_model.safetensors"))
    picture = Image.radial_gradient("L").resize((90, 60))
    scores = zero_shot(f"local-dir:{tiny}", SENTENCES)(picture)

    network, _, transform = open_clip.create_model_and_transforms(f"local-dir:{tiny}")
    tokenize = open_clip.get_tokenizer(f"local-dir:{tiny}")
    network.eval()
    with torch.no_grad():
        seen = network.encode_image(transform(picture.convert("RGB"))[None], normalize=True)[0]
        logits = []
        for sentences in SENTENCES.values():
            mean = network.encode_text(tokenize(sentences), normalize=True).mean(0)
            logits.append(float(network.logit_scale.exp() * (seen @ (mean / mean.norm()))))
    expected = torch.tensor(logits).softmax(0).tolist()
    assert list(scores) == ["ct", "chart"]
    assert list(scores.values()) == pytest.approx(expected, abs=1e-4)
