"""The long storm: `./run chaos --seed 1 --sessions 200` prints its figures; exit code 1 where a promise is broken."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.storm import PACE, Outcome, Storm
from tests.chaos.system import CHAOS, System

#: So many sessions come between two faults.
_SESSIONS_A_FAULT = 2


def main() -> int:
    """Run the storm that the arguments describe."""
    parser = argparse.ArgumentParser(prog="./run chaos", description="Break everything, again and again, and count.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="the same seed, the same faults")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--faults", type=int, help="how many; half as many as sessions where unset")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--seats", type=int, default=4, help="of each worker process")
    given = parser.parse_args()
    faults = given.faults or max(1, given.sessions // _SESSIONS_A_FAULT)
    print(
        f"A storm of {faults} faults over {given.sessions} sessions on {given.database}, seed {given.seed}", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="ollama-flow-chaos-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with System(home, given.database, workers=given.workers, seats=given.seats, **PACE, **CHAOS) as system:
            storm = Storm(system, seed=given.seed, sessions=given.sessions, faults=faults, say=_say)
            outcome = storm.run()
        _print_table(outcome)
        if outcome.breaches:
            kept = Path(tempfile.mkdtemp(prefix="ollama-flow-chaos-")) / "processes.log"
            kept.write_bytes((home / "processes.log").read_bytes())
            print(f"\nThe log of all processes: {kept}")
    return 1 if outcome.breaches else 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _print_table(outcome: Outcome) -> None:
    figures = outcome.figures
    rows = [
        ("sessions", figures.sessions),
        ("  completed", figures.completed),
        ("  failed", figures.failed),
        ("  lost", figures.lost),
        ("steps", figures.steps),
        ("  asked again after their commit (repeated)", figures.repeated),
        ("missing numbers in the event logs (gaps)", figures.gaps),
        ("files, each as journaled", figures.artifacts),
        ("model calls", figures.calls),
        ("  extra, beyond one a step", figures.extra_calls),
        ("  in flight when a fault hit that may cost them", figures.in_flight),
        ("viewers, each shows what the database has", outcome.viewers),
        ("  their reconnects", outcome.reconnects),
        ("duration in seconds", round(outcome.seconds)),
        ("faults", figures.faults.total()),
        *((f"  {kind}", count) for kind, count in sorted(figures.faults.items())),
        ("broken promises", len(outcome.breaches)),
    ]
    width = max(len(name) for name, _ in rows)
    print()
    for name, value in rows:
        print(f"{name:<{width}}  {value:>6}")
    for breach in outcome.breaches:
        print(f"- {breach}")


if __name__ == "__main__":
    sys.exit(main())
