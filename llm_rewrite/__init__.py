"""Samples to better text by a served language model, each text proved against its source."""
