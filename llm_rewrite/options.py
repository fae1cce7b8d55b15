"""What a recipe says of the model that writes, and what all tasks have in common."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from schemas.options import Options, suggestion

# Where a model is reached: exactly one of these says it.
PLACES = ("endpoint", "serve", "batch")


class Serve(Options):
    """A `vllm serve` that Fabrica starts, one for each worker machine; see `llm_rewrite.serving.server`.

    `command` is the executable of vLLM's own environment; `image` a container to run it in
    instead (docker or podman, all GPUs, the cache of models mounted). `args` follow the model's
    name, `env` is added to the environment. `start_s` is how long a start may take, `linger_s` how
    long the server stays when no process uses it, `restarts` how often in a row it may die.
    `accelerator` is told to Beam, as `type:nvidia-l4;count:1`, for runners that choose machines.
    """

    command: str = "vllm serve"
    image: str = ""
    args: list[str] = []
    env: dict[str, str] = {}
    start_s: float = Field(900.0, gt=0)
    linger_s: float = Field(20.0, ge=0)
    restarts: int = Field(5, ge=0)
    accelerator: str = ""

    @field_validator("args")
    @classmethod
    def _leave_ours(cls, args: list[str]) -> list[str]:
        for word in args:
            if word.partition("=")[0] in ("--host", "--port", "--served-model-name", "--api-key"):
                raise ValueError(f"{word!r}: Fabrica says this itself (for a key: api_key_env)")
        return args


class Price(Options):
    """What a provider asks, in its currency, for a million tokens."""

    input: float = Field(0.0, ge=0)
    output: float = Field(0.0, ge=0)


class ModelOptions(Options):
    """A served model and how to ask it.

    `model` is the name it is served by. One of `endpoint` (the address of an OpenAI-compatible
    server, up to and with `/v1`), `serve` (Fabrica starts vLLM) or `batch` (a folder: prompts are
    written there as files for `vllm run-batch`, and the answers read back by the next run).
    `api_key_env` names the environment variable that holds the key; the key itself is nowhere.
    `in_flight` is the most requests at a time from one machine; less where the server says so.
    `image_side` bounds the longer side of a picture in pixels. `extra` goes into each request.
    `structured`: how an answer's form is asked for; the prompt says it in words too.
    """

    model: str = ""
    endpoint: str = ""
    serve: Serve | None = None
    batch: str = ""
    api_key_env: str = ""
    in_flight: int = Field(64, ge=1, le=4096)
    timeout_s: float = Field(120.0, gt=0)
    retries: int = Field(6, ge=0, le=50)
    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int = 0
    max_tokens: int = Field(1024, ge=1)
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    image_side: int = Field(768, ge=28, le=8192)
    image_quality: int = Field(90, ge=1, le=100)
    extra: dict[str, Any] = {}
    price: Price = Price()

    @field_validator("model")
    @classmethod
    def _is_a_name(cls, model: str) -> str:
        if not model.isprintable():
            raise ValueError(f"{model!r}: a name is one line")
        return model

    @field_validator("extra")
    @classmethod
    def _leave_ours(cls, extra: dict[str, Any]) -> dict[str, Any]:
        for name in extra:
            if name in ("model", "messages", "n", "stream"):
                raise ValueError(f"{name!r}: Fabrica says this itself")
        return extra

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, endpoint: str) -> str:
        if endpoint and not endpoint.startswith(("http://", "https://")):
            raise ValueError(f"{endpoint!r}: write it as http://host:8000/v1")
        if "@" in endpoint.partition("://")[2].partition("/")[0]:
            raise ValueError("no key or password in an address; see api_key_env")
        return endpoint.rstrip("/")

    @model_validator(mode="after")
    def _lies_in_one_place(self) -> ModelOptions:
        given = [name for name in PLACES if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)}: only one of {', '.join(PLACES)}")
        return self


class TaskOptions(ModelOptions):
    """Options of every task: a model of its own where it differs from the recipe's `writer`.

    `where` is a SQL condition on rows, as in rules. `prompt` is a file whose text stands in place
    of the task's own instructions. `reject` and `flag` name what `faithfulness` may find: a draft
    with a rejecting finding is not used, one with others is used and carries them; what neither
    names does as the task says. `second_try`: a rejected draft is asked for once more, with what
    was found.
    """

    where: str = ""
    prompt: str = ""
    reject: list[str] | None = None
    flag: list[str] | None = None
    second_try: bool = False

    @field_validator("reject", "flag")
    @classmethod
    def _known_reasons(cls, names: list[str] | None) -> list[str] | None:
        from llm_rewrite.faithfulness import REASONS

        for name in names or []:
            if name not in REASONS:
                raise ValueError(f"{name!r} is no finding{suggestion(name, REASONS)}")
        return names


def model_for(writer: ModelOptions | None, task: TaskOptions) -> dict[str, Any]:
    """The task's options as plain data, with the recipe's `writer` where the task is silent."""
    own = task.model_dump(exclude_unset=True)
    shared = writer.model_dump(exclude_unset=True) if writer else {}
    if any(own.get(place) for place in PLACES):
        shared = {key: value for key, value in shared.items() if key not in PLACES}
    return {**shared, **own}
