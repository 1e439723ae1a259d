"""What an answer claims, for the terminal: on standard error, so that a pipe gets the answer alone."""

from __future__ import annotations

from collections.abc import Sequence

from cli.terminal import complain, without_commands
from common.events import Claim


def show_claims(claims: Sequence[Claim]) -> None:
    """Print each claim with its mark and what backs it; nothing where nothing is claimed."""
    if not claims:
        return
    verified = sum(claim.verified for claim in claims)
    complain(f"\nWhat the answer claims ({verified} of {len(claims)} verified):")
    for claim in claims:
        complain(describe_claim(claim))


def describe_claim(claim: Claim) -> str:
    """Return a claim as people read it at the terminal."""
    mark = "✓ verified" if claim.verified else "? claimed "
    said = f": “{claim.statement}”" if claim.statement else ""
    text = f"  {mark}  {claim.kind} {claim.subject}{said}\n              {claim.evidence}"
    return without_commands(text)
