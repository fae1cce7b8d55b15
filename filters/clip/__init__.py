"""Pictures against texts by a CLIP model of open_clip; needs the extra `[clip]`."""
