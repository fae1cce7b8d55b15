"""Keys are safe and unique for any id, however hostile."""

from __future__ import annotations

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import clean_id, shard_key

NEAR = st.text(alphabet=string.ascii_letters + string.digits + "./_-~ é\x00", max_size=12)


@given(st.lists(st.one_of(NEAR, st.text(max_size=200)), unique=True, max_size=60))
def test_keys_are_unique_and_plain(ids: list[str]) -> None:
    keys = [shard_key(i) for i in ids]
    assert len(set(keys)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{0,91}", key) for key in keys)


def test_usual_ids_stay_readable() -> None:
    assert shard_key("PMC10009416.1/F2/b") == "PMC10009416_1_F2_b"
    assert shard_key("vqarad/synpic54610") == "vqarad_synpic54610"


def test_ids_that_would_meet_are_kept_apart() -> None:
    hostile = ["a.1/F2", "a/1/F2", "a_1_F2", "a_1/F2", "a 1 F2", "A.1/F2", "../a.1/F2", "a.1//F2"]
    keys = [shard_key(i) for i in hostile]
    assert len(set(keys)) == len(hostile)
    assert not any("." in key or "/" in key for key in keys)


@given(st.text())
def test_a_clean_id_is_no_path(text: str) -> None:
    cleaned = clean_id(text)
    assert cleaned not in ("", ".", "..")
    assert not set(cleaned) & set("/\\\n\t\x00 ")
