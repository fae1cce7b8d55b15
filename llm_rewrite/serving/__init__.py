"""Models that this machine serves itself, and files for batch jobs."""
