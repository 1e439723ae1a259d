"""Opening folders beneath another one, whose paths can lead nowhere else whatever happens to them meanwhile.

Linux resolves a whole path under that rule in one call, `openat2` (since 5.6, see its manual page). Elsewhere, and
where a container's filter forbids the call, each part is opened on its own with `O_NOFOLLOW`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys
from collections.abc import Callable, Sequence

#: Opens the folder that the parts of a checked path lead to from an open folder; returns a descriptor of its own.
#: Raises OSError where a part is missing, is no folder or is a link.
OpenFolder = Callable[[int, Sequence[str]], int]

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

#: The number of the call, the same on all processors that the kernel learnt it on together; these two are tested.
_OPENAT2 = 437
_PROCESSORS = frozenset({"x86_64", "aarch64"})
# The rules of `linux/openat2.h`.
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08


class _OpenHow(ctypes.Structure):
    """The kernel's `struct open_how`."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_by_kernel(root: int, parts: Sequence[str]) -> int:
    """Open a folder by `openat2`; see `OpenFolder`."""
    path = "/".join(parts) or "."
    how = _OpenHow(flags=FOLDER_FLAGS, mode=0, resolve=_BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    arguments = (ctypes.c_int(root), ctypes.c_char_p(os.fsencode(path)), ctypes.byref(how))
    opened = int(_libc().syscall(ctypes.c_long(_OPENAT2), *arguments, ctypes.c_size_t(ctypes.sizeof(how))))
    if opened < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), path)
    return opened


def open_by_walk(root: int, parts: Sequence[str]) -> int:
    """Open a folder part by part; see `OpenFolder`."""
    folder = os.open(".", FOLDER_FLAGS, dir_fd=root)
    for part in parts:
        try:
            child = os.open(part, FOLDER_FLAGS, dir_fd=folder)
        finally:
            os.close(folder)
        folder = child
    return folder


@functools.cache
def choose_opener() -> OpenFolder:
    """Return the kernel's own way where it has one and lets us use it."""
    if sys.platform != "linux" or platform.machine() not in _PROCESSORS:
        return open_by_walk
    root = os.open("/", FOLDER_FLAGS)
    try:
        os.close(open_by_kernel(root, ()))
    except OSError:  # an older kernel, or a filter
        return open_by_walk
    finally:
        os.close(root)
    return open_by_kernel


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
