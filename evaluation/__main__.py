"""Runs the evaluation: `./run eval --help` tells how."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

from cli.local import embedded_model_server
from common.errors import FlowError
from common.options import FlowOptions
from common.settings import load_settings
from common.states import Architecture
from evaluation.egress import record_egress
from evaluation.report import measure_bars, write_page, write_summary
from evaluation.results import Results, name_session, read_results, write_results
from evaluation.session import SessionResult, Setting, run_session
from evaluation.surroundings import hide_secret, make_secret
from evaluation.tasks import Task, read_tasks
from workers.flow import OllamaModel

_PROJECT = Path(__file__).parents[1]
#: The longest free answer of the embedded model, which would else go on for minutes.
_EMBEDDED_OUTPUT_TOKENS = 300
_SEED = 20


def main(words: Sequence[str] | None = None) -> int:
    """Run what the words ask for; return 0 where all bars were met, 1 where not, 2 for words that mean nothing."""
    given = _read_words(words)
    settings = load_settings(use_run_file=False)
    server = nullcontext(settings.ollama_host) if given.model else embedded_model_server(settings)
    try:
        with server as host:
            results = asyncio.run(_run(given, host))
    except FlowError as error:
        print(f"eval: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"eval: Stopped; the same command goes on from {given.results}.", file=sys.stderr)
        return 130
    print("", *write_summary(results), sep="\n")
    return 0 if all(bar.is_met for bar in measure_bars(results)) else 1


def _read_words(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run eval", description="Evaluates the swarm on small tasks.")
    parser.add_argument("--model", help="a model of the server at OLLAMA_HOST; without it the embedded one is used")
    parser.add_argument("--tasks", type=_split, help="names of tasks, with commas between them")
    parser.add_argument("--architectures", type=_split, help="names of architectures, with commas between them")
    parser.add_argument("--sample", type=int, metavar="N", help="only N tasks, spread over all")
    parser.add_argument("--workers", type=int, default=4, help="drones of each session (4)")
    parser.add_argument("--at-once", type=int, default=2, metavar="K", help="sessions at a time (2)")
    parser.add_argument("--most-seconds", type=float, default=1800, help="what one session may take (1800)")
    parser.add_argument("--most-output", type=int, metavar="TOKENS", help="of one free answer (embedded: 300)")
    parser.add_argument("--results", type=Path, help="where results are kept while it runs (in .setup)")
    parser.add_argument("--again", action="store_true", help="forget the results of an earlier run")
    parser.add_argument(
        "--page", type=Path, default=_PROJECT / "docs" / "evaluation.md", help="gets the tables of a whole run"
    )
    given = parser.parse_args(words)
    names = {task.name for task in read_tasks()}
    if unknown := set(given.tasks or ()) - names:
        parser.error(f"there is no task {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    if unknown := {name.upper() for name in given.architectures or ()} - set(Architecture):
        parser.error(f"there is no architecture {', '.join(sorted(unknown))}; there are {', '.join(Architecture)}")
    if given.results is None:
        given.results = (
            _PROJECT / ".setup" / f"evaluation-{(given.model or 'embedded').replace('/', '_').replace(':', '_')}.json"
        )
    return given


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def choose_tasks(tasks: Sequence[Task], names: Sequence[str] | None, sample: int | None) -> list[Task]:
    """Return the tasks of these names, or all; of those as many as a sample has, spread evenly."""
    chosen = [task for task in tasks if names is None or task.name in names]
    if sample is None or sample >= len(chosen):
        return chosen
    return [chosen[number * len(chosen) // sample] for number in range(max(1, sample))]


async def _run(given: argparse.Namespace, host: str) -> list[SessionResult]:
    """Run all sessions that have no result yet, some at a time; return the results of all that were asked for."""
    every = read_tasks()
    tasks = choose_tasks(every, given.tasks, given.sample)
    architectures = [Architecture(name.upper()) for name in given.architectures or Architecture]
    options = FlowOptions(
        seed=_SEED, max_output_tokens=given.most_output or (None if given.model else _EMBEDDED_OUTPUT_TOKENS)
    )
    address = urlsplit(host)
    secret = make_secret()
    with (
        tempfile.TemporaryDirectory(prefix="evaluation-home-") as home,
        hide_secret(Path(home), secret),
        record_egress((address.hostname or "", address.port or 80)) as egress,
    ):
        async with aclosing(OllamaModel(host)) as client:
            model = given.model or (await client.list_models())[0].name
            results = Results(model=model) if given.again else read_results(given.results, model)
            setting = Setting(
                client=client,
                model=model,
                workers=given.workers,
                options=options,
                with_wit=given.model is not None,
                most_seconds=given.most_seconds,
                secret=secret,
                egress=egress,
            )
            keys = {
                name_session(task, architecture, given.workers, options, with_wit=setting.with_wit): (
                    task,
                    architecture,
                )
                for task in tasks
                for architecture in architectures
            }
            await _run_missing(setting, keys, results, given.results, given.at_once)
    chosen = [results.sessions[key] for key in keys]
    if len(tasks) == len(every) and len(architectures) == len(Architecture):
        write_page(given.page, model, chosen)
    return chosen


async def _run_missing(
    setting: Setting, keys: dict[str, tuple[Task, Architecture]], results: Results, path: Path, at_once: int
) -> None:
    missing = iter([(key, *pair) for key, pair in keys.items() if key not in results.sessions])
    kept = sum(key in results.sessions for key in keys)
    print(
        f"{setting.model}: {len(keys)} sessions, {kept} of them from an earlier run (--again runs all anew)", flush=True
    )
    began, done = time.monotonic(), kept

    async def work() -> None:
        nonlocal done
        for key, task, architecture in missing:
            print(f"[begins] {task.name} {architecture}", flush=True)
            result = await asyncio.create_task(run_session(setting, task, architecture))
            results.sessions[key] = result
            done += 1
            await asyncio.to_thread(write_results, path, results)
            verdict = "; ".join(f"{failure.check}: {failure.sentence}" for failure in result.failures) or "well"
            took = f"{result.seconds:.0f} s, {result.calls} calls, {result.output_tokens} tokens"
            total = f"{done} of {len(keys)} after {time.monotonic() - began:.0f} s"
            print(f"[{total}] {task.name} {architecture}: {took}; {verdict}", flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, at_once)):
            group.create_task(work())


if __name__ == "__main__":
    sys.exit(main())
