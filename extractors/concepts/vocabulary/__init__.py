"""Vocabularies of medical concepts read from UMLS, OBO, MeSH and tables, merged into one file."""
