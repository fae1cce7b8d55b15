"""Asking a served model: connections, pace, retries, what was answered and what it cost."""
