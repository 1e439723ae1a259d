"""`flower`: Celery's own monitor, which looks and changes nothing. The dashboard shows its pages to admins.

On one host it listens at a socket in the data folder, where the file system guards it: some of its pages take no
password. Web processes that share the folder find it there.
"""

from __future__ import annotations

import logging
import os
from typing import Annotated

import typer

from cli.probe import check_listening
from cli.run_file import prepare_home
from cli.serve import need_redis
from common.errors import FlowError, SettingsError
from common.settings import Settings, load_settings

#: So many tasks are kept in memory at most, each of them a doorbell.
_MOST_TASKS = 10_000
#: Worker processes that have gone are listed for so long.
_GONE_SECONDS = 3600
#: A socket's path fits into no more bytes: 108 on Linux and 104 on macOS, the last of them a zero.
_LONGEST_PATH = 103


def flower(
    address: Annotated[
        str | None,
        typer.Option(
            help="Listen on this address, for a dashboard elsewhere; else at a socket in the data folder.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port, with --address.")] = 5555,
    password: Annotated[
        str | None,
        typer.Option(
            "--basic-auth",
            envvar="FLOWER_BASIC_AUTH",
            help="Who may look, as user:password, with --address.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run Flower, whose pages the dashboard shows to admins."""
    settings = load_settings()
    prepare_home(settings)
    need_redis(settings)
    # What another Flower on this machine was told is not for ours.
    for name in [name for name in os.environ if name.startswith("FLOWER_")]:
        del os.environ[name]
    if address is None:
        words = [f"--unix_socket={_prepare_socket(settings)}"]
    else:
        if password is None or not all(password.partition(":")):
            raise SettingsError("With --address Flower needs FLOWER_BASIC_AUTH, which takes user:password.")
        check_listening(address, port)
        os.environ["FLOWER_BASIC_AUTH"] = password  # the command line would show it to everybody on this machine
        words = [f"--address={address}", f"--port={port}"]
    _run(settings, words)


def fits_socket(settings: Settings) -> bool:
    """Tell whether the data folder's path is short enough for a socket in it."""
    return len(os.fsencode(settings.flower_socket)) <= _LONGEST_PATH


def _prepare_socket(settings: Settings) -> str:
    if not fits_socket(settings):
        raise FlowError(f"The path of the data folder {settings.home} is too long for Flower's socket.")
    folder = settings.flower_socket.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)  # the socket itself is open to all
    return str(settings.flower_socket)


def _run(settings: Settings, words: list[str]) -> None:
    from common.logging import set_up_logging
    from common.queue import create_celery

    set_up_logging(settings, "flower")
    logging.getLogger("flower.inspector").setLevel(logging.ERROR)  # a worker process that does not answer at once
    words += [
        "--url_prefix=flower",
        "--read_only=True",
        "--enable_events=False",  # worker processes send them anyway
        f"--max_tasks={_MOST_TASKS}",
        f"--purge_offline_workers={_GONE_SECONDS}",
        f"--conf={os.devnull}",  # else it runs a flowerconfig.py of the folder that it is called in
        "--logging=none",  # ours stays as it is
    ]
    try:
        create_celery(settings).start(argv=["flower", *words])
    finally:
        settings.flower_socket.unlink(missing_ok=True)
