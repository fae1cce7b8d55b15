"""Imported once by the process that workers are forked from: the run's linker, shared by all.

A forked worker has the automaton's memory in common with the others as long as it only reads.
Where nothing is asked for, or the linker cannot be made, each worker tells of it by itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os

VARIABLE = "FABRICA_SHARED_LINKER"

if os.environ.get(VARIABLE):
    from pipelines.linkers import link_for
    from pipelines.recipe import Concepts

    with contextlib.suppress(Exception):
        link_for(Concepts.model_validate_json(os.environ[VARIABLE]))
    gc.freeze()  # counting what is never freed would copy it into every worker
    atexit.register(gc.unfreeze)
