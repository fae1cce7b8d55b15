"""The small CLIP trainer and the comparison of corpora by what is learned from them.

Needs the extra `[train]` (torch, open_clip, webdataset); imports `schemas` alone, and no Beam.
"""
