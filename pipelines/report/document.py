"""A whole HTML page in the report's style: no script, no outside address, so that it can be mailed."""

from __future__ import annotations

from importlib.resources import files

from pipelines.report.markup import text


def document(title: str, body: str) -> str:
    """A page of this title around HTML that is escaped already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{text(title)}</title><style>{_style()}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _style() -> str:
    return files("pipelines.report").joinpath("style.css").read_text(encoding="utf-8")
