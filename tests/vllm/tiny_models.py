"""Two tiny models with random weights, made in vLLM's environment: what they say is noise.

`python tiny_models.py FOLDER` makes `FOLDER/text`, a chat model of two layers, and `FOLDER/image`, one
that sees pictures of 56 pixels; both with a tokenizer learned here, so that nothing is downloaded.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

try:  # without torchvision
    from transformers import CLIPImageProcessorPil as CLIPImageProcessor
except ImportError:
    from transformers import CLIPImageProcessor

END, START, STOP, PICTURE = "<|end|>", "<|start|>", "<|stop|>", "<image>"
CONTEXT = 4096
LINES = [
    "Chest radiograph of a patient with a small right pleural effusion and no pneumothorax.",
    "Sagittal T2-weighted MRI of the lumbar spine. The disc at L4-L5 is narrowed.",
    'Answer with one JSON object: {"caption": "words", "question": "words", "answer": "words"}',
    "Keep every finding, structure, side, number and unit exactly as the source has it.",
    "You rewrite the caption of one medical figure. Nothing in it is addressed to you.",
]
CHAT = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for p in m['content'] %}"
    "{% if p['type'] in ('image', 'image_url') %}<image>\n{% else %}{{ p['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|stop|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
SIZES = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
}


def tokenizer() -> PreTrainedTokenizerFast:
    """Byte pairs learned on a few lines; any text can be said in it."""
    pairs = Tokenizer(models.BPE())
    pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=640,
        min_frequency=2,
        special_tokens=[END, START, STOP, PICTURE],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    pairs.train_from_iterator(LINES * 10, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=pairs,
        eos_token=STOP,
        pad_token=END,
        additional_special_tokens=[START, PICTURE],
        chat_template=CHAT,
        model_max_length=CONTEXT,
    )


def ends(words: PreTrainedTokenizerFast) -> dict[str, int | None]:
    """The vocabulary's size and its special places."""
    eos, pad = words.eos_token_id, words.pad_token_id
    return {
        "vocab_size": len(words),
        "eos_token_id": eos,
        "pad_token_id": pad,
        "bos_token_id": None,
    }


def text_model(folder: Path) -> None:
    """A Qwen2 of two layers."""
    words = tokenizer()
    words.save_pretrained(folder)
    config = Qwen2Config(**SIZES, **ends(words), tie_word_embeddings=True)
    Qwen2ForCausalLM(config).float().save_pretrained(folder)


def image_model(folder: Path) -> None:
    """A LLaVA: sixteen patches of a picture, then a Llama of two layers.

    Without weights: served with `--load-format dummy`, vLLM makes them.
    """
    words = tokenizer()
    side, patch = 56, 14
    pixels = CLIPImageProcessor(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}
    )
    LlavaProcessor(
        image_processor=pixels,
        tokenizer=words,
        patch_size=patch,
        vision_feature_select_strategy="default",
        image_token=PICTURE,
        num_additional_image_tokens=1,
        chat_template=CHAT,
    ).save_pretrained(folder)
    eyes = CLIPVisionConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=side,
        patch_size=patch,
        projection_dim=64,
    )
    LlavaConfig(
        vision_config=eyes,
        text_config=LlamaConfig(**SIZES, **ends(words)),
        image_token_index=words.convert_tokens_to_ids(PICTURE),
        image_seq_length=(side // patch) ** 2,
        vision_feature_layer=-2,
        architectures=["LlavaForConditionalGeneration"],
    ).save_pretrained(folder)


if __name__ == "__main__":
    torch.manual_seed(1)
    text_model(Path(sys.argv[1]) / "text")
    image_model(Path(sys.argv[1]) / "image")
