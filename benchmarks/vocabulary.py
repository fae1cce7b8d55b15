"""Build a vocabulary from a generated UMLS of the size of the real one, in a fresh process.

    python -m benchmarks.vocabulary [--rows 17000000] [--keep DIR] [--json]

The 2024AA release has 17 million rows in MRCONSO and 3.4 million concepts, five rows each. The
generated one has rows of the same columns and length (130 bytes), two thirds in English, every
tenth suppressed, one in a million malformed; MRSTY with a type for each concept, MRDEF with a
definition for each tenth, MRREL with half as many rows as MRCONSO. Reported are MRCONSO's rows per
second of the whole build, and the peak memory of the process that built (VmHWM).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.data import arguments

ROOT = Path(__file__).resolve().parents[1]
_ATOMS_A_CONCEPT = 5

_BUILD = """
import json, re, sys
from pipelines import cli
code = cli.main(["vocabulary", "build", "--umls", sys.argv[1], "--out", sys.argv[2], "--json"])
status = open("/proc/self/status").read()
print(json.dumps({"peak_mb": int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024}))
sys.exit(code)
"""

# Words of a name come from a hash of the row, so that names differ as real ones do.
_WORDS = """substr('carcinoma of the left ', 1 + (i % 7)) || to_base((hash(i) % 78364164096)::BIGINT, 36)
    || ' ' || to_base((hash(i, 1) % 60466176)::BIGINT, 36) || ' structure'"""
_CUI = "'C' || lpad(({}) ::VARCHAR, 7, '0')"
_TABLES = {
    "MRCONSO": f"""SELECT CASE WHEN i % 1000000 = 7 THEN 'C00|broken' ELSE concat_ws('|',
        {_CUI.format(f"i // {_ATOMS_A_CONCEPT}")},
        CASE WHEN i % 3 = 2 THEN 'SPA' ELSE 'ENG' END, CASE WHEN i % 5 < 2 THEN 'P' ELSE 'S' END,
        'L' || lpad(i::VARCHAR, 7, '0'), CASE WHEN i % 5 = 0 THEN 'PF' ELSE 'VO' END,
        'S' || lpad(i::VARCHAR, 7, '0'), CASE WHEN i % 2 = 0 THEN 'Y' ELSE 'N' END,
        'A' || lpad(i::VARCHAR, 8, '0'), '', 'M' || lpad(i::VARCHAR, 7, '0'), 'D' || i::VARCHAR,
        CASE i % 4 WHEN 0 THEN 'MSH' WHEN 1 THEN 'SNOMEDCT_US' WHEN 2 THEN 'NCI' ELSE 'LNC' END,
        'PT', 'D' || lpad(i::VARCHAR, 6, '0'), {_WORDS}, '0',
        CASE WHEN i % 10 = 9 THEN 'O' ELSE 'N' END, '256', '') END FROM range({{rows}}) t(i)""",
    "MRSTY": f"""SELECT concat_ws('|', {_CUI.format("i")}, 'T0' || (10 + i % 90)::VARCHAR,
        'A1.2.3', 'Some Type', 'AT' || i::VARCHAR, '256', '') FROM range({{concepts}}) t(i)""",
    "MRDEF": f"""SELECT concat_ws('|', {_CUI.format("i * 10")}, 'A' || i::VARCHAR, 'AT', '', 'MSH',
        repeat('What this concept means. ', 8), 'N', '256', '')
        FROM range({{concepts}} // 10) t(i)""",
    "MRREL": f"""SELECT concat_ws('|', {_CUI.format("i % {concepts}")}, 'A1', 'AUI',
        CASE i % 3 WHEN 0 THEN 'PAR' WHEN 1 THEN 'CHD' ELSE 'RB' END,
        {_CUI.format("hash(i) % {concepts}")}, 'A2', 'AUI', '', 'R' || i::VARCHAR, '', 'MSH', 'MSH',
        '', '', 'N', '', '') FROM range({{rows}} // 2) t(i)""",
}


def generate(folder: Path, rows: int) -> None:
    """Write the four tables with `rows` rows in MRCONSO."""
    concepts = max(1, rows // _ATOMS_A_CONCEPT)
    with duckdb.connect() as connection:
        for name, select in _TABLES.items():
            sql = select.format(rows=rows, concepts=concepts)
            connection.execute(
                f"COPY ({sql}) TO '{folder / name}.RRF'"
                " (FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '')"
            )


def measure(rows: int, folder: Path) -> dict[str, float]:
    """Generate, build in a process of its own, and say how long it took and what it needed."""
    generate(folder, rows)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder), str(folder / "out.parquet")],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    seconds = time.monotonic() - started
    build, memory = (json.loads(line) for line in done.stdout.splitlines())
    return {
        "rows": rows,
        "concepts": build["concepts"],
        "malformed": build["malformed"],
        "seconds": round(seconds, 1),
        "rows_per_s": round(rows / seconds),
        "peak_mb": round(memory["peak_mb"]),
        "mrconso_mb": round((folder / "MRCONSO.RRF").stat().st_size / 1e6),
        "vocabulary_mb": round((folder / "out.parquet").stat().st_size / 1e6),
    }


def main() -> None:
    """Print the figures."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=17_000_000)
    parser.add_argument("--keep", type=Path, help="where the generated files stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fabrica-umls-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures = measure(options.rows, folder)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:14} {value:>12,}")


if __name__ == "__main__":
    main()
