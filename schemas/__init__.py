"""What flows through Fabrica: documents, samples and their parts, and the manifest's columns.

Imports nothing of ours; every other folder imports it.
"""
