"""Signatures of pictures and texts, and the search for those that are alike."""
