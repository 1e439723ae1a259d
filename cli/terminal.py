"""What the commands of a long run say to the person at the terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping


def without_commands(text: str) -> str:
    """Return text of a model as a terminal may show it: what would move, colour or clear something is seen instead."""
    return "".join(sign if sign in "\n\t" or unicodedata.category(sign) != "Cc" else "�" for sign in text)


def tell(sentence: str) -> None:
    """Print a line, at once."""
    print(sentence, flush=True)  # noqa: T201 - this is the place that prints


def complain(sentence: str) -> None:
    """Print a line to standard error, where an answer on standard output may be read by a program."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - this is the place that prints


def show_facts(title: str, facts: Mapping[str, str], footer: str) -> None:
    """Print subjects and phrases: in a frame on a terminal, as plain lines elsewhere."""
    if not sys.stdout.isatty():
        tell("\n".join([title, *(f"  {subject}: {phrase}" for subject, phrase in facts.items()), footer]))
        return
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for subject, phrase in facts.items():
        table.add_row(subject, Text(phrase))
    Console().print(Panel(table, title=Text(title, style="bold green"), subtitle=footer, expand=False))
