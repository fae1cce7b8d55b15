"""Compound figures rendered from layouts, with exact truth: for training and for measuring."""
