"""Text that people give, within words of ours, where no element can hold it apart; `bidi.ts` does so in the browser."""

from __future__ import annotations

_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_OPENS_ISOLATE = frozenset("\u2066\u2067\u2068")


def isolate(text: str) -> str:
    """Return the text so that, whatever direction it is written in or forces, it turns only itself; a filter."""
    open_isolates = 0
    kept = []
    for character in text:
        if character == _END_OF_ISOLATE:
            if open_isolates == 0:
                continue  # it would end ours
            open_isolates -= 1
        elif character in _OPENS_ISOLATE:
            open_isolates += 1
        kept.append(character)
    return _ISOLATE + "".join(kept) + _END_OF_ISOLATE * (open_isolates + 1)
