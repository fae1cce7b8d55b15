"""scispaCy's generator on our vocabulary, where scispaCy is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from extractors.concepts.entries import Entry
from extractors.concepts.scispacy_linker import scispacy_link
from extractors.concepts.vocabulary.build import write_vocabulary
from extractors.concepts.vocabulary.sources import VocabularyError

HERE = importlib.util.find_spec("scispacy") is not None


@pytest.mark.skipif(HERE, reason="scispaCy is here")
def test_without_scispacy_it_says_what_to_install() -> None:
    with pytest.raises(VocabularyError, match=r"pip install 'fabrica-corpus\[umls\]'"):
        scispacy_link("unread.parquet")


@pytest.mark.skipif(not HERE, reason="needs the extra [umls]")
def test_the_most_alike_names_are_linked(tmp_path: Path) -> None:
    # scispaCy looks only at 3-grams that ten names or more have.
    parts = ["heart", "lung", "liver", "brain", "kidney", "spleen", "bone", "skin", "eye", "ear"]
    parts += ["bladder", "uterus"]
    kinds = ["abscess", "cyst", "lesion", "tumor", "nodule", "fracture", "edema", "infarction"]
    kinds += ["scar", "ulcer", "polyp", "burn"]
    names = [f"{part} {kind}" for part in parts for kind in kinds]
    entries = [Entry(f"X{i:03d}", name) for i, name in enumerate(names)]
    write_vocabulary(entries, tmp_path / "v.parquet")
    link = scispacy_link(str(tmp_path / "v.parquet"))
    text = "There is no lung abscess, but a possible kidney infarction."
    (linked,) = link([text])
    found = {text[o.mention.start : o.mention.end]: o for o in linked}
    assert found["lung abscess"].mention.cui == f"X{names.index('lung abscess'):03d}"
    assert found["lung abscess"].negated
    assert found["kidney infarction"].uncertain
    (linked,) = scispacy_link(str(tmp_path / "v.parquet"), types=[], ner="")(["Nothing here."])
    assert linked == []
    with pytest.raises(VocabularyError, match="no concept is of the types"):
        scispacy_link(str(tmp_path / "v.parquet"), types=["T999"])
    with pytest.raises(VocabularyError, match="ner: 'nothere'"):
        scispacy_link(str(tmp_path / "v.parquet"), ner="nothere")
