"""A program in the place of vLLM that answers chats: notes its starts, dies once when told to."""

from __future__ import annotations

import argparse
import json
import os
import threading
from pathlib import Path
from typing import Any

from benchmarks.invented_answers import invented_answer
from benchmarks.model_server import ModelServer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--served-model-name")
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--die-at", type=int, default=10**9, help="of its first life")
    parser.add_argument("--deadly", default="\0", help="words of a prompt that end it, each time")
    options = parser.parse_args()
    notes = options.notes / options.model.replace("/", "-")
    first = not notes.exists()
    answered = 0

    def answer(body: dict[str, Any]) -> str:
        nonlocal answered
        answered += 1
        if (first and answered > options.die_at) or options.deadly in str(body):
            os._exit(9)
        return invented_answer(body)

    with notes.open("a") as file:
        file.write(json.dumps({"pid": os.getpid(), "port": options.port}) + "\n")
    name = options.served_model_name
    with ModelServer(answer, models=(name,), port=options.port, latency_s=0.05, remember=False):
        threading.Event().wait()


if __name__ == "__main__":
    main()
