"""A program that supervises what it is told to: `supervised.py FOLDER`, with the children in FOLDER/children.json."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from cli.supervisor import ChildSpec, Supervisor
from cli.terminal import tell


def main(folder: Path) -> int:
    supervisor = Supervisor(log_folder=folder / "logs", tell=tell, first_pause_seconds=0.02, silent_seconds=0.5)
    supervisor.handle_signals()
    try:
        for child in json.loads((folder / "children.json").read_text()):
            alive_file = child.pop("alive_file", None)
            after_file = child.pop("after_file", None)
            spec = ChildSpec(
                **child,
                environment=dict(os.environ),
                alive_file=Path(alive_file) if alive_file else None,
                after=(folder / after_file).exists if after_file else None,
            )
            supervisor.start(spec)
        tell("started")
        return supervisor.run()
    finally:
        supervisor.kill()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
