"""Concepts of a vocabulary (UMLS, OBO, MeSH, a table) found in the texts of a corpus."""
