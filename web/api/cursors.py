"""Cursors: where the next page of a sorted list begins, as a word that is opaque to clients."""

from __future__ import annotations

import base64
import binascii
import json
import math

from common.queries.history import Order, Place, Sorting

_NOT_OURS = "This is no cursor of ours for this order; leave it out to begin with the first page."


def write_cursor(place: Place, sorting: Sorting) -> str:
    """Return the cursor of the page after `place`."""
    text = json.dumps([sorting.order, sorting.descending, place.value, place.session_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, sorting: Sorting) -> Place:
    """Return the place that a cursor holds. Raises ValueError, also where it belongs to another order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        order, descending, value, session_id = json.loads(
            base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise ValueError(_NOT_OURS) from None
    if order != sorting.order or descending is not sorting.descending:
        raise ValueError(_NOT_OURS)
    if not _is_text(session_id) or not _FITS.get(sorting.order, _is_number)(value):
        raise ValueError(_NOT_OURS)
    return Place(value=value, session_id=session_id)


def _is_text(value: object) -> bool:
    """Tell whether both databases take it: no NUL, no half of a surrogate pair."""
    return isinstance(value, str) and "\x00" not in value and not any("\ud800" <= each <= "\udfff" for each in value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and _is_number(value)


_FITS = {Order.NAME: _is_text, Order.TOKENS: _is_whole}
