"""The bus on a Redis that falls silent without closing its connections."""

from __future__ import annotations

import signal
import time

import pytest
import redis

from common import bus as bus_module
from common.bus import Bus
from tests.support.servers import Valkey
from tests.support.waiting import wait_until


def test_a_subscription_notices_that_redis_fell_silent_and_hears_again_after_it(
    own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "_SILENT_SECONDS", 0.2)
    monkeypatch.setattr(bus_module, "_PONG_SECONDS", 0.3)
    bus = Bus(own_valkey.url, "bus:")
    subscription = bus.subscribe()
    assert subscription is not None
    subscription.subscribe(bus.channels.nudges)
    for _ in range(8):  # silence alone is no trouble
        assert subscription.get_message(timeout=0.1) is None
    bus.nudge("s1")
    message = wait_until(lambda: subscription.get_message(timeout=0.1), "the nudge comes")
    assert message["data"] == b"s1"

    assert own_valkey.process is not None
    own_valkey.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(redis.RedisError):
        wait_until(lambda: subscription.get_message(timeout=0.1), "a message that cannot come")
    assert time.monotonic() - began < 10
    own_valkey.process.send_signal(signal.SIGCONT)
    subscription.close()

    again = bus.subscribe()
    assert again is not None
    again.subscribe(bus.channels.nudges)
    wait_until(bus.ping, "Redis answers")
    bus.nudge("s2")
    message = wait_until(lambda: again.get_message(timeout=0.1), "the nudge comes")
    assert message["data"] == b"s2"
    again.close()
    bus.close()


def test_publishing_and_asking_never_wait_long_for_a_silent_redis(own_valkey: Valkey) -> None:
    bus = Bus(own_valkey.url, "bus:")
    assert bus.ping()
    assert own_valkey.process is not None
    own_valkey.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        for _ in range(1000):
            bus.nudge("s1")
        assert bus.read_partials("s1") == []
        assert time.monotonic() - began < 5
    finally:
        own_valkey.process.send_signal(signal.SIGCONT)
    wait_until(bus.ping, "Redis answers again")
    bus.close()
