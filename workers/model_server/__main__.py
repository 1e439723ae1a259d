"""`python -m workers.model_server --host 127.0.0.1 --port 11434`."""

from __future__ import annotations

import argparse
from pathlib import Path

from common.logging import configure_logging
from workers.model_server import serve


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(
        prog="python -m workers.model_server", description="An Ollama-compatible server with one tiny model."
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=11434, help="the port")
    parser.add_argument("--log-level", default="INFO", help="DEBUG, INFO, WARNING or ERROR")
    parser.add_argument("--chat-template", type=Path, help="a Jinja file that takes the place of the model's own")
    given = parser.parse_args()
    configure_logging(given.log_level.upper(), "model-server")
    template = given.chat_template.read_text() if given.chat_template else ""
    serve(host=given.host, port=given.port, template=template)


if __name__ == "__main__":
    main()
