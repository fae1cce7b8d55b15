"""Scores and signatures of samples, and the SQL that selects among them. Imports no Beam."""
