"""Checks of a text against its source, without a model; each yields `(reason, detail)` pairs.

`reading` makes words and sentences of a text, once; every other file is one family of checks.
"""
