"""The child process that serves the embedded model. ``embedded.py`` runs this file; it imports nothing of ours.

Its standard input is its life line. The parent writes one line of JSON there and keeps the pipe open; when
the pipe ends, however the parent ended, the child ends. Its standard output carries one line: the address
it listens at. What llama.cpp prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import xllamacpp

CACHE_MIB = 512  # of memory for the prompts of conversations that are not being answered


def serve(order: Mapping[str, Any], report: int) -> None:
    """Serve until standard input ends; write the address to the file descriptor ``report``.

    Args:
        order: ``model`` (path of a GGUF), ``name``, ``key``, ``context`` (tokens), ``threads``.
        report: Where the parent listens.
    """
    params = xllamacpp.CommonParams()
    params.model.path = order["model"]
    params.model_alias = {order["name"]}
    params.api_keys = [order["key"]]
    params.port = 0
    params.n_ctx = order["context"]
    params.cpuparams.n_threads = order["threads"]
    params.cpuparams_batch.n_threads = order["threads"]
    # One slot, and no slot chosen by likeness: then every change of conversation saves the prompt that was
    # there and loads the one that fits best, so that each reads only what is new (docs/adr). With two slots,
    # conversations of one persona look alike and overwrite each other's end.
    params.n_parallel = 1
    params.slot_prompt_similarity = 0.0
    params.cache_prompt = True
    params.cache_ram_mib = CACHE_MIB
    # So small a model falls into repeating itself; these are asked of the server once, not by every request.
    params.sampling.penalty_repeat = 1.15
    params.sampling.dry_multiplier = 0.8
    params.ui = False
    server = xllamacpp.Server(params)
    # llama.cpp would finish its answers first, which can take half a minute.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.write(report, f"{server.listening_address}\n".encode())
    sys.stdin.buffer.read()


def main() -> None:
    """Take the order, keep standard output clean for the report, and serve."""
    report = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(json.loads(sys.stdin.buffer.readline()), report)
    os._exit(0)


if __name__ == "__main__":
    main()
