"""What one web process holds: settings, database, bus and dispatcher. Made with the app, started after the fork."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from celery import Celery
from flask import Flask, current_app

from common.bus import Bus
from common.database import Database
from common.dispatch import Dispatcher
from common.queue import create_doorbell
from common.settings import Settings
from web.flower import Flower
from web.overview import OverviewReader

_KEY = "ollama_flow"


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """One process's connections; nothing connects before the first use."""

    settings: Settings
    database: Database
    bus: Bus
    celery: Celery
    dispatcher: Dispatcher
    overview: OverviewReader
    flower: Flower

    def start(self) -> None:
        """Start what runs in the background; only after a fork, and after gevent's patching."""
        self.dispatcher.start()

    def stop(self) -> None:
        """End the background work and close all connections."""
        self.dispatcher.stop()
        self.bus.close()
        self.celery.close()
        self.flower.close()
        self.database.dispose()


def create_runtime(settings: Settings) -> Runtime:
    """Prepare what a web process needs."""
    database = Database(settings.database, answer_seconds=settings.database_seconds)
    bus = Bus(settings.redis_url, settings.redis_prefix)
    celery = create_doorbell(settings)
    return Runtime(
        settings=settings,
        database=database,
        bus=bus,
        celery=celery,
        dispatcher=Dispatcher(settings, database, bus, celery, leads=True),
        overview=OverviewReader(settings, database, bus),
        flower=Flower(settings),
    )


def attach_runtime(app: Flask, runtime: Runtime) -> None:
    """Keep the runtime with its app."""
    app.extensions[_KEY] = runtime


def runtime_of(app: Flask) -> Runtime:
    """Return the runtime of an app."""
    return cast("Runtime", app.extensions[_KEY])


def current_runtime() -> Runtime:
    """Return the runtime of the app that answers just now."""
    return runtime_of(current_app)
