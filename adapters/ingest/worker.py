"""The process in which readers run: bounded memory, processor time and files, no network, nothing of our environment.

    python -I -m adapters.ingest.worker MEMORY CPU

takes orders on stdin and answers on stdout (see ``wire``) until stdin ends. MEMORY is in bytes; CPU is seconds of
processor time for one order.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any

from adapters.ingest.links import Listing
from adapters.ingest.reading import Item, Reader, Wishes
from adapters.ingest.registry import READERS, reader_for
from adapters.ingest.wire import END, OUT_OF_MEMORY, Answer, ordered, said
from core.content import Skipped
from core.errors import InvalidInput

FILES = 64  # open at once
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
ARCHIVES = {".zip", ".tar", ".tgz", ".gz", ".7z", ".rar", ".xz", ".bz2"}
FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "ctypes.",
    "urllib.Request",
)


def main(readers: Sequence[Reader] = READERS) -> None:
    """Answer orders with these readers until there are no more."""
    memory, cpu = map(int, sys.argv[1:3])
    answers = _private_stdout()
    _bound(memory)
    _isolate()
    for line in sys.stdin.buffer:
        _allow(cpu)
        try:
            _obey(line, readers, answers)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        answers.flush()


def _obey(line: bytes, readers: Sequence[Reader], answers: IO[bytes]) -> None:
    task, item, wishes = ordered(line)
    found = _links(item, readers) if task == "links" else _read(item, wishes, readers)
    try:
        for answer in found:
            answers.write(said(answer))
            answers.flush()  # what was found before a crash is kept
    except InvalidInput as exc:
        answers.write(said(Skipped(item.key, str(exc), failed=True)))
    except (MemoryError, BrokenPipeError):
        raise
    except Exception as exc:  # noqa: BLE001  a reader's bug costs this item, not the others
        why = f"could not be read: the reader stumbled ({type(exc).__name__}); if it opens elsewhere, report this"
        answers.write(said(Skipped(item.key, why, failed=True)))
    answers.write(END)


def _read(item: Item, wishes: Wishes, readers: Sequence[Reader]) -> Iterator[Answer]:
    reader = reader_for(item, readers)
    if reader is None:
        yield Skipped(item.key, _unread(item))
        return
    yield from reader.read(item, wishes)


def _unread(item: Item) -> str:
    if item.path.suffix.lower() in ARCHIVES:
        return "an archive that is no export known here: unpack it, and give the folder"
    return f"a kind of file that is not read ({item.media_type or item.path.suffix.lower() or 'without an ending'})"


def _links(item: Item, readers: Sequence[Reader]) -> Iterator[Answer]:
    reader = reader_for(item, readers)
    if isinstance(reader, Listing):
        yield from reader.links(item)


# ── the walls ────────────────────────────────────────────────────────────────────────────────────


def _private_stdout() -> IO[bytes]:
    """Our stdout for answers alone: what a library prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _bound(memory: int) -> None:
    limits = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, 0),  # nothing is written
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),  # no further processes
    )
    for kind, limit in limits:
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them by name only
            resource.setrlimit(kind, (limit, limit))


def _allow(cpu: int) -> None:
    """So much processor time for the next order; beyond it the system ends the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + cpu + 1, hard))


def _isolate() -> None:
    """Leave the network: in the kernel where Linux allows that, and in Python everywhere."""
    if sys.platform == "linux":
        unshare = ctypes.CDLL(None).unshare
        if unshare(CLONE_NEWNET) != 0:  # needs rights that an ordinary user has only in a namespace of their own
            unshare(CLONE_NEWUSER | CLONE_NEWNET)
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"{event} is not for readers")


if __name__ == "__main__":
    main()
