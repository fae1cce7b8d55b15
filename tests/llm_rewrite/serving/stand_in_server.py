"""A small program in place of vLLM: answers /health after a while, counts starts, dies when told.

It starts a child as vLLM does, and writes a line for each start: its pid, its child's, its arguments
and its environment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if time.monotonic() >= self.server.well_at else 503)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--served-model-name")
    parser.add_argument("--starts", required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--fail", default="")
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--die-after", type=float, default=0.0)
    options = parser.parse_args()
    if options.stubborn:
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", options.starts])
    told = {
        "pid": os.getpid(),
        "child": child.pid,
        "port": options.port,
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
    }
    with open(options.starts, "a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")
    if options.fail:
        print(f"loading\nValueError: {options.fail}\n", flush=True)
        sys.exit(3)
    if options.die_after:
        threading.Timer(options.die_after, os._exit, [1]).start()
    server = ThreadingHTTPServer((options.host, options.port), Handler)
    server.well_at = time.monotonic() + options.delay  # type: ignore[attr-defined]
    server.serve_forever()


if __name__ == "__main__":
    main()
