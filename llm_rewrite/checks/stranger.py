"""A text that has nothing to do with its source: none of its words of content stands there."""

from __future__ import annotations

from collections.abc import Iterator

from llm_rewrite.checks.english import said_in
from llm_rewrite.checks.reading import Reading

_FEWEST = 3  # words of content from which on sharing none of them says something


def stranger(own: Reading, source: Reading, knowledge: Reading) -> Iterator[tuple[str, str]]:
    """`not_grounded` where no word, and no synonym of one, is in the source or the knowledge."""
    words = {key: word for key, word in zip(own.keys, own.words, strict=True) if key}
    if len(words) < _FEWEST:
        return
    known = source.known | knowledge.known
    if not any(key in known or said_in(word, known) for key, word in words.items()):
        yield "not_grounded", f"no word of it is in the source: {own.text[:60]!r}"
