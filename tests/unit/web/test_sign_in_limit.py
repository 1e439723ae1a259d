"""The brake on guessing passwords."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import TooManyRequests

from web.auth.sign_in_limit import TRIES_ALLOWED, SignInLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def exhaust(limit: SignInLimit, email: str = "ada@example.org") -> None:
    for _ in range(TRIES_ALLOWED):
        limit.take(email, "10.0.0.1")


def test_after_ten_tries_within_a_minute_the_pair_has_to_wait() -> None:
    clock = Clock()
    limit = SignInLimit(clock)
    exhaust(limit)
    clock.now += 20
    with pytest.raises(TooManyRequests, match="wait 40 seconds") as raised:
        limit.take("ada@example.org", "10.0.0.1")
    assert raised.value.retry_after == 40
    limit.take("bob@example.org", "10.0.0.1")
    limit.take("ada@example.org", "10.0.0.2")


def test_waiting_tries_do_not_make_the_wait_longer() -> None:
    clock = Clock()
    limit = SignInLimit(clock)
    exhaust(limit)
    for _ in range(100):
        with pytest.raises(TooManyRequests):
            limit.take("ada@example.org", "10.0.0.1")
    clock.now += 60
    limit.take("ada@example.org", "10.0.0.1")


def test_an_address_is_the_same_in_any_case_of_letters() -> None:
    limit = SignInLimit(Clock())
    exhaust(limit, " Ada@Example.org")
    with pytest.raises(TooManyRequests):
        limit.take("ada@example.org", "10.0.0.1")


def test_who_signed_in_starts_anew() -> None:
    limit = SignInLimit(Clock())
    for _ in range(3):
        exhaust(limit)
        limit.forget("ada@example.org", "10.0.0.1")


def test_what_is_remembered_stays_bounded() -> None:
    clock = Clock()
    limit = SignInLimit(clock)
    for number in range(30_000):
        clock.now += 0.01
        limit.take(f"{number}@example.org", "10.0.0.1")
    assert len(limit._tries) < 15_000
