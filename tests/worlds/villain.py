"""A worker whose reader does what hostile files make readers do; each file names its crime.

Sandbox(module="tests.worlds.villain")
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from adapters.ingest.reading import Item, Wishes
from adapters.ingest.worker import main
from core.content import Document, Kind, Section, Skipped


class Villain:
    """Reads nothing; commits the crime that the file names, and tells what came of it."""

    name = "villain"

    def recognises(self, item: Item) -> bool:
        """Every item."""
        return True

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield one document, commit the crime, and yield another one with the outcome."""
        yield told(item, "begun")
        crime, _, argument = item.path.read_text().partition(" ")
        try:
            outcome = CRIMES[crime](argument)
        except (OSError, RuntimeError) as exc:
            outcome = type(exc).__name__
        yield told(item, outcome)


def told(item: Item, text: str) -> Document:
    """A document that says so."""
    return Document(item.key, Kind.PAGE, "", (Section(text),))


def spins(_: str) -> str:
    while True:
        pass


def sleeps(_: str) -> str:
    time.sleep(3600)
    return "slept"


def hogs(_: str) -> str:
    held = [bytearray(2**20) for _ in range(10_000)]
    return f"held {len(held)}"


def dies(_: str) -> str:
    os.abort()


def floods(_: str) -> str:
    return "x" * (64 * 2**20)


def babbles(_: str) -> str:
    """Write into every pipe that looks like the one for answers."""
    for number in range(3, 10):
        try:
            os.write(number, b"this is no JSON\n")
        except OSError:
            continue
    return "babbled"


def prints(_: str) -> str:
    print('{"document": "forged"}', flush=True)  # noqa: T201  as a chatty library would
    os.write(1, b"to the descriptor\n")
    return "printed"


def stumbles(_: str) -> str:
    raise KeyError("a bug")


def connects(address: str) -> str:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=2):
        return "connected"


def spawns(_: str) -> str:
    subprocess.run(["true"], check=True)  # noqa: S607  whichever there is
    return "spawned"


def writes(path: str) -> str:
    Path(path).write_text("x" * 100)
    return "written"


def boasts(_: str) -> str:
    return ", ".join(sorted(os.environ))


CRIMES: Mapping[str, Callable[[str], str]] = {
    crime.__name__: crime
    for crime in (spins, sleeps, hogs, dies, floods, babbles, prints, stumbles, connects, spawns, writes, boasts)
}

if __name__ == "__main__":
    main((Villain(),))
