"""The sandbox under attack: each attack ends by its limit, and the host has nothing of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.bubblewrap import find_processes, make_sandbox, name_sleep
from tests.support.waiting import wait_until
from workers.flow.copies import pack_files
from workers.flow.sandbox import MEBIBYTE, CommandEnd, CommandLimits, Sandbox
from workers.flow.usage import UsageWatch


async def run(command: str, limits: CommandLimits | None = None) -> CommandEnd:
    return await make_sandbox(limits).run(command, pack_files({}))


async def ends_within(seconds: float, command: str, limits: CommandLimits) -> CommandEnd:
    began = time.monotonic()
    end = await run(command, limits)
    assert time.monotonic() - began < seconds
    return end


async def test_a_command_tells_its_exit_code_and_both_its_outputs() -> None:
    end = await run("echo out; echo err >&2; exit 3")
    assert (end.exit_code, end.output, end.limit) == (3, "out\nerr\n", None)


async def test_the_sandbox_says_that_it_works_here() -> None:
    assert await make_sandbox().find_obstacle() is None


async def test_a_fork_bomb_is_held_to_the_processes_it_may_have_and_ends_in_time() -> None:
    sleep = name_sleep()
    end = await ends_within(8, f"f() {{ f | f & }}; f; {sleep}", CommandLimits(seconds=2))
    assert end.limit == "2 seconds"
    assert "fork" in end.output
    wait_until(lambda: not find_processes(sleep), "no process is left")


async def test_ten_gigabytes_into_one_file_end_at_its_limit() -> None:
    end = await ends_within(20, "dd if=/dev/zero of=big bs=1M count=10000", CommandLimits(file_bytes=5 * MEBIBYTE))
    assert end.exit_code == 153
    assert len(end.files) < 6 * MEBIBYTE


@pytest.mark.parametrize("folder", [".", "/tmp", "/dev/shm"])
async def test_ten_gigabytes_into_many_files_end_where_the_folder_is_full(folder: str) -> None:
    write = f"cd {folder}; for i in $(seq 2000); do head -c 5M /dev/zero > f$i || exit 9; done"
    limits = CommandLimits(folder_bytes=20 * MEBIBYTE, seconds=30)
    end = await ends_within(30, write, limits)
    assert end.exit_code == 9
    assert "No space left" in end.output
    assert len(end.files) < 25 * MEBIBYTE


async def test_countless_empty_files_end_at_their_limit() -> None:
    end = await ends_within(20, "i=0; while :; do i=$((i+1)); : > $i; done", CommandLimits(files=2000, seconds=15))
    assert end.limit == "2000 files"


@pytest.mark.parametrize("name", ["12x kB", "\\377", "RssAnon:\\n0 kB"])
async def test_a_process_may_have_any_name(name: str) -> None:
    wait = "for i in $(seq 8); do sleep 0.05; done"  # for the watch to see it
    end = await run(f"printf '{name}' > /proc/$$/comm && {wait}; cat /proc/$$/comm")
    assert (end.exit_code, end.limit) == (0, None)
    assert end.output != "sh\n"


async def test_what_sleeps_ends_when_its_time_is_over() -> None:
    sleep = name_sleep()
    end = await ends_within(5, f"trap '' TERM INT HUP; {sleep}", CommandLimits(seconds=0.5))
    assert (end.exit_code, end.limit, end.files) == (None, "0.5 seconds", b"")
    wait_until(lambda: not find_processes(sleep), "no process is left")


async def test_what_computes_for_ever_ends_by_its_processor_time() -> None:
    end = await ends_within(60, "while :; do :; done", CommandLimits(cpu_seconds=1, seconds=59))
    assert end.exit_code == 152


async def test_memory_without_end_ends_at_its_limit() -> None:
    end = await ends_within(20, "tail /dev/zero", CommandLimits(memory_bytes=150 * MEBIBYTE, seconds=15))
    assert end.limit == "150 MiB of memory"


async def test_the_memory_of_many_processes_counts_together() -> None:
    hog = "for i in 1 2 3 4 5 6; do { head -c 40M /dev/zero; sleep 60; } | tail & done; wait"
    end = await ends_within(20, hog, CommandLimits(memory_bytes=150 * MEBIBYTE, seconds=15))
    assert end.limit == "150 MiB of memory"


def test_memory_that_processes_share_counts_too() -> None:
    program = "import mmap; m = mmap.mmap(-1, 60 << 20); m.write(bytes(60 << 20)); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        usage = UsageWatch(process.pid, ()).read()
        process.kill()
    assert usage.memory_bytes > 60 * MEBIBYTE


async def test_one_process_cannot_ask_for_more_memory_than_it_may_address() -> None:
    end = await ends_within(20, "tail /dev/zero", CommandLimits(address_bytes=100 * MEBIBYTE, seconds=15))
    assert end.exit_code == 1
    assert "memory" in end.output


async def test_a_flood_of_output_ends_at_its_limit_and_only_its_ends_are_kept() -> None:
    end = await ends_within(10, "echo begin; yes", CommandLimits(output_bytes=MEBIBYTE, seconds=9))
    assert end.limit == "1 MiB of output"
    assert end.output.startswith("begin\ny\n")
    assert "bytes were left out" in end.output
    assert len(end.output) < 40_000


async def test_output_within_its_limit_keeps_its_begin_and_its_end() -> None:
    end = await run("echo begin; seq 20000; echo end")
    assert end.exit_code == 0
    assert end.output.startswith("begin\n1\n2\n")
    assert end.output.endswith("\n20000\nend\n")


async def test_what_is_left_running_in_the_background_ends_with_the_command() -> None:
    one, other = name_sleep(), name_sleep()
    end = await ends_within(10, f"{one} & setsid {other} & (trap '' TERM; {one}) & echo done", CommandLimits())
    assert (end.exit_code, end.output) == (0, "done\n")
    wait_until(lambda: not find_processes(one) and not find_processes(other), "no process is left")


async def test_no_network_is_reached_neither_this_host_nor_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        reach = f"bash -c ': < /dev/tcp/127.0.0.1/{port}'; bash -c ': < /dev/tcp/192.0.2.1/80'; cat /proc/net/dev"
        end = await ends_within(10, reach, CommandLimits(seconds=9))
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert "Connection refused" in end.output
    assert "Network is unreachable" in end.output
    assert [line.split(":")[0].strip() for line in end.output.splitlines() if ": " in line and "bash" not in line] == [
        "lo"
    ]


async def test_nothing_of_the_parent_is_seen_neither_its_environment_nor_its_processes_nor_its_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OLLAMA_FLOW_SECRET_KEY", "a secret of this host")
    (tmp_path / "secret").write_text("a secret of this host")
    (tmp_path / "secret").chmod(0o644)
    look = (
        "env; cat /proc/*/environ | tr '\\0' '\\n'; "
        f"cat {tmp_path}/secret /proc/{os.getpid()}/environ /proc/1/root{tmp_path}/secret /proc/self/fd/*; "
        "ls -d /home /root /var /run /sys /etc/passwd; ls /etc; ls -d /proc/[0-9]* | wc -l"
    )
    end = await run(look)
    assert "a secret" not in end.output
    assert end.output.count("OLLAMA_FLOW") == 0
    lines = end.output.splitlines()
    assert set(lines[lines.index("PATH=/usr/local/bin:/usr/bin:/bin") :]) >= {"HOME=/tmp", "LANG=C.UTF-8"}
    for folder in ("/home", "/root", "/var", "/run", "/sys", "/etc/passwd"):
        assert f"ls: cannot access '{folder}'" in end.output
    assert {line for line in lines if Path("/etc", line).exists()} <= {"alternatives", "ld.so.cache"}
    assert int(lines[-1]) < 10


async def test_nothing_outside_can_be_written() -> None:
    places = ("/", "/usr", "/usr/local/bin", "/etc", "/dev", "/proc/sys/kernel/hostname")
    write = "; ".join(f"echo x > {place}/ollama-flow-test" for place in places)
    end = await run(f"{write}; echo x > /proc/sys/kernel/hostname; echo x > /dev/null; mount -t tmpfs x /tmp")
    assert end.output.count("cannot create") == len(places) + 1
    assert not any(Path(place, "ollama-flow-test").exists() for place in places)
    assert "mount: " in end.output


async def test_what_leads_past_the_namespaces_is_not_there() -> None:
    attack = """import ctypes, os, socket
def call(*arguments):
    ctypes.CDLL(None, use_errno=True).syscall(*arguments)
    return os.strerror(ctypes.get_errno())
def connect(family, kind):
    try:
        socket.socket(family, kind).close()
    except OSError as error:
        return error.strerror
    return "opened"
numbers = {"x86_64": (425, 248, 249, 250), "aarch64": (425, 217, 218, 219)}[os.uname().machine]
print({call(number, 0, 0, 0, 0) for number in numbers})
print(connect(socket.AF_VSOCK, socket.SOCK_STREAM), connect(socket.AF_ALG, socket.SOCK_SEQPACKET))
print({connect(family, socket.SOCK_DGRAM) for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)})
"""
    files = pack_files({"attack.py": attack.encode()})
    end = await make_sandbox().run("python3 attack.py", files)
    missing = "Address family not supported by protocol"
    assert end.output.splitlines()[-3:] == ["{'Function not implemented'}", f"{missing} {missing}", "{'opened'}"]


async def test_no_descriptor_of_the_worker_is_passed_on() -> None:
    with open("/etc/hostname") as file:  # noqa: ASYNC230, PTH123 - a descriptor to leak
        os.set_inheritable(file.fileno(), True)
        end = await run("readlink /proc/[0-9]*/fd/*")
    assert end.output
    assert all(name.startswith(("pipe:", "/dev/null", "anon_inode:")) for name in end.output.split())


async def test_nobody_becomes_root() -> None:
    climb = (
        "cp /bin/sh s; chmod 4755 s; ./s -p -c 'id -u'; id -u; su -c id; unshare -r id -u; "
        "grep -E '^(NoNewPrivs|CapEff|CapBnd|CapPrm)' /proc/self/status"
    )
    lines = (await run(climb)).output.split("\n")
    assert "0" not in lines
    assert [line.split()[1].strip("0") for line in lines if line.startswith("Cap")] == ["", "", ""]
    assert "NoNewPrivs:\t1" in lines


async def test_a_root_worker_runs_commands_as_nobody() -> None:
    sleep = name_sleep()
    task = asyncio.create_task(run(sleep))
    found = await asyncio.to_thread(wait_until, lambda: find_processes(sleep), "the command runs")
    owners = {folder.stat().st_uid for folder in found}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert owners == {65534 if os.geteuid() == 0 else os.geteuid()}


async def test_cancelling_ends_a_command_at_once() -> None:
    sleep = name_sleep()
    task = asyncio.create_task(run(f"{sleep} & {sleep}"))
    await asyncio.to_thread(wait_until, lambda: find_processes(sleep), "the command runs")
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 1
    wait_until(lambda: not find_processes(sleep), "no process is left", seconds=2)


def test_a_worker_that_is_killed_takes_its_commands_along() -> None:
    make_sandbox()
    sleep = name_sleep()
    program = (
        "import asyncio, sys; from workers.flow.sandbox import Sandbox; from workers.flow.copies import pack_files; "
        "asyncio.run(Sandbox().run(sys.argv[1], pack_files({})))"
    )
    with subprocess.Popen([sys.executable, "-c", program, f"{sleep} & setsid {sleep}"]) as worker:
        wait_until(lambda: {"sleep"} <= {(it / "comm").read_text().strip() for it in find_processes(sleep)}, "it runs")
        worker.send_signal(signal.SIGKILL)
    wait_until(lambda: not find_processes(sleep), "no process is left")


async def test_a_command_that_ends_the_shell_around_it_harms_only_itself() -> None:
    end = await run("kill -9 $PPID; sleep 5")
    assert (end.exit_code, end.limit, end.files) == (137, None, b"")


async def test_a_command_that_cannot_be_passed_on_is_not_started() -> None:
    end = await run("echo \0")
    assert (end.started, end.exit_code) == (False, None)


async def test_without_bubblewrap_a_sentence_says_what_to_install() -> None:
    obstacle = await Sandbox(program="no-such-bwrap").find_obstacle()
    assert obstacle is not None
    assert "apt install bubblewrap" in obstacle


async def test_bubblewrap_is_run_wherever_it_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    make_sandbox()
    with tempfile.TemporaryDirectory() as folder:  # one that the unprivileged user may look into, unlike pytest's
        Path(folder).chmod(0o755)
        (Path(folder) / "own-bwrap").symlink_to(shutil.which("bwrap") or "")
        monkeypatch.setenv("PATH", folder, prepend=os.pathsep)
        assert await Sandbox(program="own-bwrap").find_obstacle() is None


async def test_a_bubblewrap_that_does_not_work_is_told_of_and_nothing_is_run_bare() -> None:
    with tempfile.TemporaryDirectory() as folder:  # which the unprivileged user reaches
        Path(folder).chmod(0o755)
        broken = Path(folder, "bwrap")
        broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
        broken.chmod(0o755)
        sandbox = Sandbox(program=str(broken))
        obstacle = await sandbox.find_obstacle()
        end = await sandbox.run("true", b"")
    assert obstacle is not None
    assert "user namespaces (bwrap: No permissions to create new namespace)" in obstacle
    assert not end.started
