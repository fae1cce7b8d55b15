"""JATS XML to figures with captions, citing sentences and article metadata.

Specification: NISO Z39.96 (JATS 1.0 to 1.3) and its forerunner NLM 2.x/3.0.
"""
