"""open_clip's own training script, also beside a webdataset that is newer than it asks for.

    python -m benchmarks.train_open_clip [options of open_clip_train.main]

Since webdataset 0.2.96 an empty record marks the end of each shard, which the script of open_clip
3.3 stops at (its issue 935); it is told here not to mark it. With webdataset 0.2.86 or before
nothing is changed.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

Loader = Callable[[Any], Any]


def run(arguments: Sequence[str], watched: Loader | None = None) -> None:
    """Run the script in this process; `watched` is put around the loader of training batches.

    Raises `SystemExit` where the script refuses its arguments.
    """
    from open_clip_train import data, main  # type: ignore[import-untyped]

    if "eof_value" in inspect.signature(data.tar_file_expander).parameters:
        data.tar_file_expander = functools.partial(data.tar_file_expander, eof_value=None)
    if watched is not None:
        main.get_data = functools.partial(_with_loader, main.get_data, watched)
    if main.main(list(arguments)) == -1:
        raise SystemExit("open_clip's script ended early")


def _with_loader(get_data: Callable, watched: Loader, *given: Any, **named: Any) -> Any:
    found = get_data(*given, **named)
    found["train"].dataloader = watched(found["train"].dataloader)
    return found


if __name__ == "__main__":
    run(sys.argv[1:])
