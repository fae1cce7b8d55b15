"""A stand-in for a language model that answers every task of ours by rules, and errs when told to.

    python -m benchmarks.rule_writer [--port 8000] [--faults 0.1] [--model NAME ...]

It knows the task by its name or the form of its answer, and works on the blocks of the user's
message: captions in other words, citing sentences without their citation, questions of a caption's
own nouns, and so on. Same request, same answer. In a share of requests, drawn by a hash, it makes
one of the mistakes that models make (`benchmarks.rule_writer_faults`); a request that is sent back
is answered well. What it writes has the form of a model's texts, and none of a model's sense: it is
for whole runs without a model, not for a corpus.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import rule_writer_answers as answers
from benchmarks import rule_writer_texts as texts
from benchmarks.invented_answers import invented_answer
from benchmarks.model_server import ModelServer
from benchmarks.rule_writer_faults import Planted, spoiled
from benchmarks.rule_writer_questions import questions
from benchmarks.rule_writer_reasons import reasoning
from benchmarks.rule_writer_request import Asked, asked_of
from benchmarks.rule_writer_translation import lines

FAULTS = 0.1
_OF_TASK: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "rewrite_caption": texts.captions,
    "summarise_references": texts.summary,
    "caption_labels": texts.of_labels,
    "describe_regions": texts.of_regions,
    "vqa": questions,
    "reason": reasoning,
    "merge_questions": answers.merged,
    "translate": lines,
    "translate_back": lines,
    "preferences": answers.rejected,
    "judge": answers.verdicts,
}


@dataclass(frozen=True)
class Written:
    """An answer's text, for which task, and the mistake in it; `again`: to a request sent back."""

    content: str
    task: str
    planted: Planted | None = None
    again: bool = False


@dataclass
class RuleWriter:
    """An `answer` for `ModelServer` that keeps what it wrote, in `written`, in the order asked."""

    faults: float = FAULTS
    written: list[Written] = field(default_factory=list)

    def __call__(self, body: dict[str, Any]) -> str:
        made = answered(body, self.faults)
        self.written.append(made)
        return made.content


def rule_answer(body: dict[str, Any], faults: float = FAULTS) -> str:
    """The text of an answer to a chat request; `faults` is the share with a mistake."""
    return answered(body, faults).content


def answered(body: dict[str, Any], faults: float = FAULTS) -> Written:
    """The answer with what is wrong in it; of a request of no task of ours an invented one."""
    try:
        asked = asked_of(body)
        answer = _OF_TASK[asked.task](asked)
    except (ValueError, LookupError, StopIteration):  # not quite a prompt of ours
        return Written(invented_answer(body), "")
    wrong = not asked.again and asked.draw(1_000_000, "wrong") < faults * 1_000_000
    if wrong and (found := spoiled(answer, asked)):
        return Written(found[0], asked.task, found[1])
    return Written(json.dumps(answer, ensure_ascii=False), asked.task, again=asked.again)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free")
    parser.add_argument("--faults", type=float, default=FAULTS, help="share of answers with one")
    parser.add_argument("--model", action="append", default=[], help="a name it is served by")
    options = parser.parse_args()
    models = tuple(options.model) or ("Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-8B")

    def answer(body: dict[str, Any]) -> str:
        return rule_answer(body, options.faults)

    with ModelServer(answer, models=models, port=options.port, remember=False) as server:
        print(f"{server.url}  as {', '.join(models)}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
