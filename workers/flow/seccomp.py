"""The filter of system calls in a sandbox: what leads out of it past the namespaces.

Sockets of a virtual machine (AF_VSOCK) reach its host from any network namespace, io_uring opens sockets without the
call that does, and a session's keys pass on to whatever its processes start. The filter is a program for the kernel's
own machine, see `linux/filter.h` and `linux/seccomp.h`.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct
from dataclasses import dataclass

#: What a socket may be of: the network namespace holds these.
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)

# Instructions: load a word of the call, jump if it equals or is at least a number, return a verdict.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Where `seccomp_data` has the call's number, its processor and its first argument (of 64 bits, the lower half first).
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
#: From here on the numbers are those of x86's other set of calls.
_X32 = 0x40000000


@dataclass(frozen=True, kw_only=True)
class _Processor:
    """What one kind of processor calls things."""

    audit: int
    socket: int
    #: io_uring_setup, add_key, request_key, keyctl.
    forbidden: tuple[int, ...]


_PROCESSORS = {
    "x86_64": _Processor(audit=0xC000003E, socket=41, forbidden=(425, 248, 249, 250)),
    "aarch64": _Processor(audit=0xC00000B7, socket=198, forbidden=(425, 217, 218, 219)),
}


def write_filter() -> bytes | None:
    """Return the filter for this processor, as bubblewrap takes it; None for one whose calls are not known here."""
    processor = _PROCESSORS.get(platform.machine())
    if processor is None:
        return None
    missing, no_family = _FAIL | errno.ENOSYS, _FAIL | errno.EAFNOSUPPORT
    rules = [
        _rule(_LOAD, _PROCESSOR),
        _rule(_IF_EQUAL, processor.audit, yes=1),  # others, such as that of 32 bits, have other numbers
        _rule(_RETURN, missing),
        _rule(_LOAD, _NUMBER),
        *_verdict(_IF_AT_LEAST, _X32, missing),
        *(rule for number in processor.forbidden for rule in _verdict(_IF_EQUAL, number, missing)),
        _rule(_IF_EQUAL, processor.socket, yes=1),
        _rule(_RETURN, _ALLOW),
        _rule(_LOAD, _FIRST_ARGUMENT),
        *(rule for family in _FAMILIES for rule in _verdict(_IF_EQUAL, family, _ALLOW)),
        _rule(_RETURN, no_family),
    ]
    return b"".join(rules)


def _rule(operation: int, number: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Return one instruction; `yes` and `no` are how many to pass over."""
    return struct.pack("=HBBI", operation, yes, no, number)


def _verdict(condition: int, number: int, verdict: int) -> tuple[bytes, bytes]:
    return _rule(condition, number, no=1), _rule(_RETURN, verdict)
