"""The small CLIP trainer and the comparison of corpora by what is learned from them.

Needs the extra `[train]` (torch, open_clip, webdataset); imports `schemas` alone, and no Beam.
"""

import os

# Threads that wait for one another in a loop hold up each other ten times over as soon as another
# process wants a core; read once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
