"""The report: one self-contained HTML page on what is in a corpus and what was left out."""

from pipelines.report.page import write_report

__all__ = ["write_report"]
