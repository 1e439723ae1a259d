"""The web server's process: `python -m cli.gunicorn HOST:PORT LEVEL`.

Only gunicorn and logging are imported here: its gevent worker patches the standard library first, and loads the web
tier afterwards.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from common.logging import configure_logging


class RoutedLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Hands gunicorn's own lines to our logs."""

    def setup(self, cfg: Any) -> None:
        """Run when gunicorn reads its settings."""
        super().setup(cfg)
        configure_logging(cfg.loglevel.upper(), "web")
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True


def _leave_interrupts_to_the_master(worker: Any) -> None:
    """Run in gunicorn's worker: Ctrl-C reaches it too, but the master is the one to end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with one gevent worker, which serves all browsers of this process."""

    def __init__(self, address: str, log_level: str) -> None:
        self._address, self._log_level = address, log_level
        super().__init__()

    def load_config(self) -> None:
        """Run by gunicorn: our settings for it."""
        chosen = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gevent",
            "worker_connections": 10_000,
            "graceful_timeout": 3,
            "loglevel": self._log_level.lower(),
            "logger_class": RoutedLogger,
            "control_socket_disable": True,
            "proc_name": "ollama-flow web",
            "post_worker_init": _leave_interrupts_to_the_master,
        }
        for key, value in chosen.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """Run by gunicorn in its worker, after gevent's patching."""
        from web.wsgi import create_wsgi_app

        return create_wsgi_app()


if __name__ == "__main__":
    WebServer(*sys.argv[1:]).run()
