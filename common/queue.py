"""The queue on the wire: the Celery application, and the doorbell that carries a session's id and nothing else."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from common.settings import Settings, load_settings

#: Named here, not imported, so that the web tier needs nothing of the workers.
RUN_SESSION = "ollama_flow.run_session"

QUEUE = "sessions"

#: A missing Redis shows within this time, so that no request waits for it.
_CONNECT_SECONDS = 1.0
#: Longer than the blocking pop of a worker, which is a second; a worker process that is told to end may wait so long.
_LISTEN_SECONDS = 5.0
#: How often Celery looks whether a connection on which it waits still lives.
_LOOK_SECONDS = 5


def celery_configuration(settings: Settings, *, answer_seconds: float = _LISTEN_SECONDS) -> dict[str, Any]:
    """Return Celery's settings. SQL decides who runs what, so nothing here retries, revokes or redelivers.

    `answer_seconds` is how long the broker may take; only who listens for doorbells waits long.
    """
    return {
        "broker_url": settings.broker,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "global_keyprefix": settings.redis_prefix,
            "socket_timeout": answer_seconds,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": _LOOK_SECONDS,
        },
        "task_default_queue": QUEUE,
        "task_acks_late": False,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        # Else a task waits behind a long one beside a free worker.
        "worker_disable_prefetch": True,
        # Else a Redis restart kills running work.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_pool": "threads",
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        "worker_enable_remote_control": True,
        "enable_utc": True,
    }


def create_celery(settings: Settings) -> Celery:
    """Make the Celery application of this process."""
    app = Celery("ollama-flow", set_as_current=False)
    app.conf.update(celery_configuration(settings))
    return app


def create_doorbell(settings: Settings) -> Celery:
    """Make the Celery application that only rings: it waits for the broker no longer than for a connection."""
    app = Celery("ollama-flow", set_as_current=False)
    app.conf.update(celery_configuration(settings, answer_seconds=_CONNECT_SECONDS))
    return app


def create_lazy_celery() -> Celery:
    """Make an application that reads the settings when they are first needed: for Flower and Celery's own commands."""
    app = Celery("ollama-flow", set_as_current=False)
    app.add_defaults(lambda: celery_configuration(load_settings()))
    return app


def ring_doorbell(app: Celery, session_id: str) -> bool:
    """Tell some worker process that this session may be claimed; False where the broker does not answer.

    A lost doorbell is rung again by the reconciler, so nothing here retries.
    """
    if not app.conf.broker_url:
        return False
    try:
        app.send_task(RUN_SESSION, args=[session_id], retry=False, ignore_result=True)
    except (OperationalError, OSError):
        return False
    return True
