"""Regular expressions that a model wrote: only those whose search is sure to end soon.

Python's `re` tries all ways in which a pattern may fit and holds the whole process meanwhile, so the ways are counted
before: repeats multiply, and a repeat of something that fits in several ways has no bound worth the name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from re import _parser  # type: ignore[attr-defined] # the standard library shows no other way to a pattern's parts
from typing import Any

from common.errors import WorkspaceError

#: How much of each line is searched, in characters.
LINE_LENGTH = 200
#: The most ways in which a pattern may fit at one place of a line: two repeats without an end.
MOST_WAYS = 50_000

_SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a regular expression, or raise WorkspaceError with a sentence that says why not."""
    try:
        ways = _count_ways(_parser.parse(text))
        if ways > MOST_WAYS:
            raise WorkspaceError("This pattern takes too long: use at most two of * and +, none of them in another.")
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise WorkspaceError(f"This is no regular expression: {error}.") from error


def _count_ways(parts: Iterable[tuple[Any, Any]]) -> float:
    """Return at most how many ways a pattern has to fit at one place."""
    ways = 1.0
    for operation, about in parts:
        match str(operation):
            case name if name in _SINGLE:
                continue
            case "SUBPATTERN":
                ways *= _count_ways(about[3])
            case "BRANCH":
                ways *= sum(_count_ways(branch) for branch in about[1])
            case name if name in _REPEATS:
                least, most, repeated = about
                most = min(int(most), LINE_LENGTH)
                inner = _count_ways(repeated)
                ways *= max(1, most - least + 1) if inner == 1 else math.inf if most > 4 else inner**most
            case name:
                raise WorkspaceError(f"This pattern has a part that cannot be used here: {name.lower()}.")
    return ways
