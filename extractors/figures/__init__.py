"""Compound figures: panel boxes, panel letters, subcaptions, and which belongs to which."""
