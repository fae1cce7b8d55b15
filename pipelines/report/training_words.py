"""What the training page says in words: names of figures, the sentence at its top, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipelines.report.training_marks import between
from trainer.results import Ablated, Arm, Difference, Result, Score

_TASKS = {
    "retrieval_image_to_text": "Caption found by picture",
    "retrieval_text_to_image": "Picture found by caption",
    "zero_shot": "Class named without training (zero-shot)",
    "linear_probe": "Class by a linear probe",
    "options": "Answer picked among options",
}
_WORTH = {
    "better": "worth keeping",
    "worse": "harms",
    "tie": "makes no difference seen",
    "one seed: no verdict": "one seed: no verdict",
}

Key = tuple[str, str, str, str]


def task_words(task: str) -> str:
    """A task in words; one that is not known as it is written."""
    return _TASKS.get(task, task.replace("_", " ").strip().capitalize())


def key_of(found: Score | Difference) -> Key:
    """Which figure it is."""
    return found.test_set, found.task, found.slice, found.metric


def under(found: Score | Difference, sets: int) -> str:
    """The small print of a figure: metric, slice, and its test set where there are several."""
    parts = [found.metric, found.slice, found.test_set if sets > 1 else ""]
    return " · ".join(filter(None, parts))


def shown_arms(result: Result) -> list[tuple[str, Arm]]:
    """The arms whose scores are shown, with names that tell them apart: both of a comparison, else
    the whole corpus (the largest of a scaling run)."""
    if result.command == "scaling" and result.arms:
        return named([max(result.arms, key=lambda arm: arm.rows)])
    return named(result.arms[: 2 if result.command == "against" else 1])


def named(arms: Sequence[Arm]) -> list[tuple[str, Arm]]:
    """Arms with their names; a letter is added to names that come twice."""
    count = Counter(arm.name for arm in arms)
    return [
        (arm.name if count[arm.name] == 1 else f"{arm.name} ({chr(65 + i % 26)})", arm)
        for i, arm in enumerate(arms)
    ]


def number_of(n: int, thing: str) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def seeds_of(result: Result) -> str:
    """How many seeds were trained."""
    return number_of(max((len(arm.runs) for arm in result.arms), default=0), "seed")


def worth(rule: Ablated) -> str:
    """The verdict on a rule in words."""
    if rule.skipped or rule.overall is None:
        return "not trained"
    return _WORTH[rule.overall.verdict]


def title(result: Result) -> str:
    """The heading of the page."""
    corpus = result.arms[0].name if result.arms else result.corpus
    if result.command == "against":
        return (
            " against ".join(name for name, _ in shown_arms(result)) + ": what is learned from them"
        )
    return {
        "train": f"{corpus}: what a model learns from it",
        "ablate": f"{corpus}: what each rule is worth",
        "scaling": f"{shown_arms(result)[0][0] if result.arms else corpus}: what more of it brings",
    }[result.command]


def verdict(result: Result) -> str:
    """The result in one sentence."""
    say = {"against": _against, "ablate": _ablate, "scaling": _scaling, "train": _train}
    return say[result.command](result)


def _against(result: Result) -> str:
    found, arms = result.overall, shown_arms(result)
    if found is None or len(arms) < 2:
        return "Nothing was compared."
    (one, _), (other, _) = arms
    numbers = between(found.difference, found.low, found.high, signed=True)
    ground = f"{numbers} over {number_of(len(tasks(result)), 'task')}, {seeds_of(result)}"
    if found.verdict == "tie":
        return f"No difference is seen between models trained on {one} and on {other}: {ground}."
    if found.verdict in ("better", "worse"):
        return f"Models trained on {one} are {found.verdict} than on {other}: {ground}."
    return f"One seed, so no verdict: {one} minus {other} is {ground}."


def tasks(result: Result) -> list[Difference]:
    """The differences that overall is the mean of."""
    roles = roles_of(result)
    return [each for each in result.differences if roles.get(key_of(each), "task") == "task"]


def roles_of(result: Result) -> dict[Key, str]:
    """The role of each figure."""
    return {key_of(score): score.role for arm in result.arms for score in arm.scores}


def _ablate(result: Result) -> str:
    trained = [rule for rule in result.ablation if worth(rule) != "not trained"]
    if not trained:
        return "No rule was left out and trained without."
    count = Counter(map(worth, trained))
    parts = [
        f"{count[words]} {'is' if count[words] == 1 else 'are'} {words}"
        if words == "worth keeping"
        else f"{count[words]} {_plural(words, count[words])}"
        for words in dict.fromkeys(_WORTH.values())
        if count[words]
    ]
    return f"Of {number_of(len(trained), 'rule')}: {listed(parts)}; {seeds_of(result)}."


def _plural(words: str, n: int) -> str:
    if n == 1:
        return words
    return {"harms": "harm", "makes no difference seen": "make no difference seen"}.get(
        words, words
    )


def _scaling(result: Result) -> str:
    if not result.scaling:
        return "No curve could be fitted."
    gains = sum(each.low > 0 for each in result.scaling)
    mean = sum(each.gain for each in result.scaling) / len(result.scaling)
    total = number_of(len(result.scaling), "figure")
    return (
        f"Twice the rows bring {mean:+.3f} on average; a gain is seen in {gains} of {total}, "
        f"{seeds_of(result)}."
    )


def _train(result: Result) -> str:
    if not result.arms:
        return "Nothing was trained."
    name, arm = shown_arms(result)[0]
    told = [score for score in arm.scores if score.role == "task"]
    if not told:
        return f"A model was trained on {name}; there was nothing to test it on."
    above = sum(score.stands == "above" for score in told)
    return (
        f"Models trained on {name} are above chance in {above} of {number_of(len(told), 'task')}, "
        f"{seeds_of(result)}."
    )


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last
