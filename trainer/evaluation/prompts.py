"""Sentences that describe each class for a zero-shot question, ours or the user's own.

A class is a mean over several sentences, so that no one wording decides (prompt ensembles, Radford
et al. 2021). Ours are neutral: they name the class and say nothing of what it looks like. The
user's, from a file `{class: [sentence, ...]}` (the form in which CLIP_benchmark and UniMed-CLIP keep
theirs), take the place of ours for that class.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from trainer.evaluation.classes import MODALITY_NAMES, PRESENT, ClassTask
from trainer.evaluation.nouns import as_noun, is_plural, tidy, with_article

_LARGEST_FILE = 10_000_000  # bytes

# {name}: the bare name; {it}: with its article; {there}: "there is" or "there are".
_SHOWN = (
    "{name}",
    "an image of {it}",
    "an image showing {it}",
    "a medical image that shows {it}",
    "this image shows {it}",
    "{there} {it} in this image",
)
_NOT_SHOWN = (
    "no {name}",
    "an image without {it}",
    "an image showing no {name}",
    "a medical image that shows no {name}",
    "this image shows no {name}",
    "{there} no {name} in this image",
)
# Other words for a picture of a modality: captions do not all use the first.
_ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    "radiography": ("radiograph", "plain film"),
    "mammography": ("mammographic image",),
    "ct": ("computed tomography image", "CT image"),
    "mri": ("magnetic resonance image", "MR image"),
    "ultrasound": ("sonogram", "ultrasonography image"),
    "nuclear": ("PET scan", "SPECT scan", "scintigram"),
    "fundus": ("retinal photograph",),
    "oct": ("optical coherence tomography image",),
    "endoscopy": ("endoscopy frame",),
    "dermoscopy": ("dermatoscopic image",),
    "clinical_photo": ("photograph of a patient",),
    "histopathology": ("tissue section", "pathology slide"),
    "cytology": ("smear", "blood smear", "cytological smear"),
    "light_microscopy": ("micrograph",),
    "fluorescence_microscopy": ("immunofluorescence image",),
    "electron_microscopy": ("electron micrograph",),
}
_KIND_OF_IMAGE = ("{name}", "{it}", "this is {it}", "this image is {it}", "a figure with {it}")


def class_sentences(task: ClassTask, extra: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The sentences of each class of a task, in the order of its classes; none has no sentence.

    `extra` has sentences to be used instead of ours, by class name (case and blanks do not count);
    of a modality also by its code (`ct`). Of a binary task those of the label are for its presence,
    those of "no " and the label for its absence.
    """
    own = {_folded(key): sentences for key, sentences in extra.items()}
    found = []
    for name in task.classes:
        keys, ours = _of_class(task, name)
        given = next((own[_folded(key)] for key in keys if own.get(_folded(key))), None)
        found.append(tuple(given or ours))
    return found


def _of_class(task: ClassTask, name: str) -> tuple[list[str], tuple[str, ...]]:
    """Under which names the user may give sentences for a class, and ours."""
    if task.kind == "binary":
        if name == PRESENT:
            return [task.name], _filled(_SHOWN, task.name)
        return [f"no {task.name}"], _absence(task.name)
    if task.of_modality:
        codes = [code for code, spoken in MODALITY_NAMES.items() if spoken == name]
        names = [name, *(also for code in codes for also in _ALSO_CALLED.get(code, ()))]
        return [name, *codes], tuple(s for each in names for s in _filled(_KIND_OF_IMAGE, each))
    return [name], _filled(_SHOWN, name)


def _absence(label: str) -> tuple[str, ...]:
    """Sentences for a label that is absent; what is no absence of something is its presence."""
    first, _, rest = tidy(label).partition(" ")
    if first.lower() in ("no", "without") and rest:
        return _filled(_SHOWN, rest)
    if first.lower() == "normal":
        return _filled(_SHOWN, f"abnormal {rest}".strip())
    return _filled(_NOT_SHOWN, label)


def _filled(templates: tuple[str, ...], label: str) -> tuple[str, ...]:
    name = tidy(label)
    noun = as_noun(name)
    words = {
        "name": noun if templates is _NOT_SHOWN else name,
        "it": with_article(noun),
        "there": "there are" if is_plural(noun) else "there is",
    }
    return tuple(dict.fromkeys(template.format(**words) for template in templates))


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def load_prompts(path: str | Path) -> Mapping[str, tuple[str, ...]]:
    """Sentences by class from a YAML file `{class: [sentence, ...]}`; names are taken as written.

    Raises ValueError with one line: the file, the class and what is wrong.
    """
    root = _composed(path)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError(f"{path}: must map each class to its sentences, `class: [sentence, ...]`")
    found: dict[str, tuple[str, ...]] = {}
    seen: dict[str, str] = {}
    for key, value in root.value:
        name = key.value.strip() if isinstance(key, yaml.ScalarNode) else ""
        if not name:
            line = key.start_mark.line + 1
            raise ValueError(f"{path}: line {line}: a class must be a name, not empty or a list")
        if _folded(name) in seen:
            other = seen[_folded(name)]
            raise ValueError(f"{path}: {_shown(name)}: stands twice (as {_shown(other)} before)")
        seen[_folded(name)] = name
        found[name] = _sentences(path, name, value)
    return found


def _composed(path: str | Path) -> yaml.Node | None:
    """The file's nodes. Not its values: those would turn the class `no` into False."""
    try:
        if Path(path).stat().st_size > _LARGEST_FILE:
            raise ValueError(f"{path}: larger than {_LARGEST_FILE // 1_000_000} MB")
        text = Path(path).read_text(encoding="utf-8")
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not UTF-8 text") from None
    except RecursionError:
        raise ValueError(f"{path}: is nested too deep") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", "is no YAML")
        raise ValueError(f"{path}: {where}{' '.join(str(problem).split())[:200]}") from None


def _sentences(path: str | Path, name: str, node: yaml.Node) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise ValueError(f"{path}: {_shown(name)}: must be a list of sentences, `- sentence`")
    found = []
    for number, item in enumerate(node.value, 1):
        empty = isinstance(item, yaml.ScalarNode) and (
            not item.value.strip() or item.tag == "tag:yaml.org,2002:null"
        )
        if empty or not isinstance(item, yaml.ScalarNode):
            wrong = "is empty" if empty else "must be text"
            raise ValueError(f"{path}: {_shown(name)}: sentence {number} {wrong}")
        found.append(" ".join(item.value.split()))
    if not found:
        raise ValueError(f"{path}: {_shown(name)}: has no sentences")
    return tuple(dict.fromkeys(found))


def _shown(name: str) -> str:
    line = " ".join(name.split())
    return repr(line if len(line) <= 60 else line[:59] + "…")
