"""The samples of the last hour in Redis: bounded, one a place, and none that is older."""

from __future__ import annotations

import datetime as dt

from common.bus import Bus, connect
from common.clock import utc_now
from common.heartbeat import Heartbeat, ModelServer, Resources
from common.history import HISTORY_SECONDS, SAMPLE_SECONDS, QueueSample
from tests.support.waiting import wait_until

_FIGURES = Resources(
    cpu_percent=10,
    cpu_count=2,
    memory_used_bytes=1,
    memory_total_bytes=2,
    memory_percent=50,
    disk_used_bytes=1,
    disk_total_bytes=2,
    disk_percent=50,
    received_bytes_per_second=7,
    sent_bytes_per_second=8,
)
_SERVER = ModelServer(url="http://127.0.0.1:11434", kind="ollama", reachable=True)


def beat(bus: Bus, at: dt.datetime, *, host: str = "here", cpu: float = 10, worker: str = "w") -> None:
    resources = _FIGURES.model_copy(update={"cpu_percent": cpu})
    bus.beat(Heartbeat(worker=worker, host=host, at=at, resources=resources, model_server=_SERVER))


def test_each_host_keeps_its_last_sample_of_each_quarter_of_a_minute(redis_url: str, redis_prefix: str) -> None:
    bus = Bus(redis_url, redis_prefix)
    now = utc_now()
    begin = now - dt.timedelta(seconds=now.timestamp() % SAMPLE_SECONDS + SAMPLE_SECONDS * 4)
    for seconds, cpu in ((0, 1), (2, 2), (14, 3), (15, 4), (40, 5)):
        beat(bus, begin + dt.timedelta(seconds=seconds), cpu=cpu, worker=f"w{cpu % 2}")
    beat(bus, now, host="there", cpu=9)
    history = wait_until(lambda: found if "there" in (found := bus.read_history()).hosts else None, "it is kept")
    assert [sample.cpu_percent for sample in history.hosts["here"]] == [3, 4, 5]
    assert [sample.cpu_percent for sample in history.hosts["there"]] == [9]
    assert history.hosts["there"][0].received_bytes_per_second == 7
    bus.close()


def test_a_day_of_samples_takes_no_more_room_than_an_hour(redis_url: str, redis_prefix: str) -> None:
    bus = Bus(redis_url, redis_prefix)
    now = utc_now()
    for number in range(2 * HISTORY_SECONDS // SAMPLE_SECONDS, -1, -1):
        at = now - dt.timedelta(seconds=number * SAMPLE_SECONDS)
        bus.keep_queue(QueueSample(at=at, queued=number, running=0, seats=4))
    wait_until(lambda: any(sample.queued == 0 for sample in bus.read_history().queue), "the last one is kept")
    client = connect(redis_url)
    assert client.hlen(bus.channels.queue_history) == HISTORY_SECONDS // SAMPLE_SECONDS
    assert 0 < client.ttl(bus.channels.queue_history) <= HISTORY_SECONDS
    client.close()
    samples = bus.read_history().queue
    assert [sample.queued for sample in samples] == list(range(len(samples) - 1, -1, -1))
    bus.close()


def test_what_is_older_than_an_hour_is_not_shown(redis_url: str, redis_prefix: str) -> None:
    bus = Bus(redis_url, redis_prefix)
    old = utc_now() - dt.timedelta(seconds=HISTORY_SECONDS + 1)
    beat(bus, old, host="gone")
    beat(bus, utc_now())
    wait_until(lambda: "here" in bus.read_history().hosts, "the new sample is kept")
    assert set(bus.read_history().hosts) == {"here"}
    bus.close()


def test_without_redis_there_is_no_history_and_no_error() -> None:
    bus = Bus("", "x:")
    assert bus.read_history().hosts == {}
    assert bus.read_history().queue == []
    bus.close()
