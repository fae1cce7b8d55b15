"""What a user may choose, as strict pydantic models, and what is wrong with a choice in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError


class Options(BaseModel):
    """Base of all recipe sections: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def first_problem(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing wrong as `key: what; what is allowed`, on one line."""
    problem = error.errors(include_url=False)[0]
    place, keys = _walked(model, [str(part) for part in problem["loc"]])
    key = " ".join(".".join(place).split())
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key{suggestion(place[-1], keys)}"
    if problem["type"] == "missing":
        return f"{key}: missing"
    message = " ".join(problem["msg"].removeprefix("Value error, ").split())
    if not key:
        return message
    if problem["type"] == "value_error":
        return f"{key}: {message}"
    return f"{key}: {repr(problem['input'])[:80]}: {message[0].lower()}{message[1:]}"


def _walked(kind: Any, loc: list[str]) -> tuple[list[str], list[str]]:
    """The place without the names of types that pydantic puts in, and the keys allowed there."""
    place: list[str] = []
    keys: list[str] = []
    for part in loc:
        members = get_args(kind) if get_origin(kind) in (Union, UnionType, Annotated) else (kind,)
        chosen = [m for m in members if part in (getattr(m, "__name__", ""), str(m))]
        if chosen:
            kind = chosen[0]
            continue
        place.append(part)
        fields: dict[str, Any] = next(
            (m.model_fields for m in members if hasattr(m, "model_fields")), {}
        )
        keys = [field.alias or name for name, field in fields.items()]
        inner = [argument for m in members for argument in get_args(m)]  # of a list or mapping
        kinds = [f.annotation for name, f in fields.items() if part in (name, f.alias)]
        kind = next(iter(kinds or inner[-1:]), None)
    return place, keys


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """`; did you mean 'x'?` where something is near, else what is allowed."""
    allowed = [str(a) for a in allowed]
    near = difflib.get_close_matches(str(word), allowed, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; allowed: {', '.join(allowed)}" if allowed else ""
