"""Runs the benchmarks: `./run bench`, or `./run bench NAME…`."""

from __future__ import annotations

import asyncio
import sys

from benchmarks import bundles, calls, frames, history, history_page, pages

_BENCHMARKS = {
    "bundles": bundles.run,
    "calls": calls.run,
    "frames": frames.run,
    "history": history.run,
    "history_page": history_page.run,
    "pages": pages.run,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return the exit code."""
    if unknown := set(names) - set(_BENCHMARKS):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_BENCHMARKS)}.")
        return 2
    for name in names or _BENCHMARKS:
        print(f"{name}: {asyncio.run(_BENCHMARKS[name]())}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
