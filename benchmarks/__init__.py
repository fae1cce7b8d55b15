"""Commands that print our figures: `python -m benchmarks.NAME [--json] [--data DIR]`."""
