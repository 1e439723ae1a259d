"""What a web server loads: `gunicorn -k gevent -w 1 "web.wsgi:create_wsgi_app()"`, or `ollama-flow web`."""

from __future__ import annotations

import atexit

from flask import Flask

from common.settings import load_settings
from web.app import create_app
from web.runtime import runtime_of


def create_wsgi_app() -> Flask:
    """Make the application of this process and start its background work; called after gevent's patching."""
    app = create_app(load_settings())
    runtime = runtime_of(app)
    runtime.start()
    atexit.register(runtime.stop)
    return app
