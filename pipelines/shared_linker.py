"""Imported once by the process that workers are forked from: the run's linker, shared by all.

A forked worker has the automaton's memory in common with the others as long as it only reads.
Where nothing is asked for, or the linker cannot be made, each worker tells of it by itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os

from pipelines.recipe import Concepts

_VARIABLE = "FABRICA_SHARED_LINKER"


def announce(concepts: Concepts | None) -> None:
    """Say, before workers are started, which linker they will want."""
    os.environ.pop(_VARIABLE, None)
    if concepts is not None:
        os.environ[_VARIABLE] = concepts.model_dump_json()


if _VARIABLE in os.environ:
    from pipelines.linkers import link_for

    with contextlib.suppress(Exception):
        link_for(Concepts.model_validate_json(os.environ[_VARIABLE]))
    gc.freeze()  # counting what is never freed would copy it into every worker
    atexit.register(gc.unfreeze)
