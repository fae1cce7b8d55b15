"""The version of Fabrica, as installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("fabrica-corpus")
except PackageNotFoundError:  # a checkout that is not installed
    VERSION = "0.0.0"
