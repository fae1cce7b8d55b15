"""Languages by their codes: what they are called, and whether two codes are of one."""

from __future__ import annotations

import re

CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NAMES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese (simplified characters)",
    "zh-Hant": "Chinese (traditional characters)",
}


def named(code: str) -> str:
    """`Chinese (simplified characters)`; a code that has no name here as it is."""
    return _NAMES.get(code) or _NAMES.get(code.partition("-")[0]) or f"language {code}"


def same_language(one: str, other: str) -> bool:
    """Whether `one` serves where `other` is wanted: `zh` for `zh-Hant`, `pt` for `pt-BR`."""
    return one.lower() in (other.lower(), other.partition("-")[0].lower())
