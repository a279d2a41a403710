"""Embeddings as they are kept and compared: a byte for each number, and one bit of it to look over them fast."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from adapters.library.postings import Floats, Ints

_SCALE = struct.Struct("<f")
SAMPLE = 512  # passages by which it is judged what likeness is usual
LOOKED_AT = 1024  # passages whose likeness is computed in full: of 100,000, this holds nearly all of the nearest 100


def packed(vector: Sequence[float]) -> bytes:
    """A vector as a factor (float32, little-endian) and a signed byte for each number."""
    numbers = np.asarray(vector, dtype=np.float32)
    factor = float(np.abs(numbers).max(initial=0.0)) / 127 or 1.0
    rounded: bytes = np.rint(numbers / factor).astype(np.int8).tobytes()
    return _SCALE.pack(factor) + rounded


class Matrix:
    """The embeddings of an avatar's passages, those that there are.

    Args:
        rows: By passage's row, as ``packed``; such as do not have the usual length are left out.
        size: Rows in all.
    """

    def __init__(self, rows: Mapping[int, bytes], size: int) -> None:
        lengths = [len(blob) for blob in rows.values()]
        usual = max(set(lengths), key=lengths.count)
        kept = {row: blob for row, blob in rows.items() if len(blob) == usual}
        self.width = usual - _SCALE.size
        raw = np.frombuffer(b"".join(kept.values()), dtype=np.uint8).reshape(len(kept), usual)
        self._rows = np.fromiter(kept, dtype=np.int32, count=len(kept))
        self._factors = raw[:, : _SCALE.size].copy().view("<f4").reshape(-1)
        self._numbers = raw[:, _SCALE.size :].copy().view(np.int8)
        self._place = np.full(size, -1, dtype=np.int32)
        self._place[self._rows] = np.arange(len(kept), dtype=np.int32)
        self._bits = _bits(self._numbers > 0)
        self._sample = np.linspace(0, len(kept) - 1, min(SAMPLE, len(kept))).astype(np.int32)

    def nearest(self, query: Floats, scope: npt.NDArray[np.bool_], count: int) -> Ints:
        """The rows in scope most like the query, nearest first; those that are not unusually like it are left out."""
        places = np.flatnonzero(scope[self._rows])
        if len(places) > LOOKED_AT:
            apart = np.bitwise_count(self._bits[places] ^ _bits(query[None, :] > 0)).sum(axis=1, dtype=np.uint16)
            places = places[np.argpartition(apart, LOOKED_AT)[:LOOKED_AT]]
        usual = self._likeness(query, self._sample)
        likeness = self._likeness(query, places)
        order = np.argsort(-likeness)[:count]
        unusual = likeness[order] > usual.mean() + usual.std()
        return np.asarray(self._rows[places[order[unusual]]], dtype=np.int32)

    def likeness(self, query: Floats, rows: Ints) -> Floats:
        """Cosine with each of these rows; NaN where a row has no vector."""
        places = self._place[rows]
        found = self._likeness(query, np.maximum(places, 0))
        return np.where(places >= 0, found, np.float32(np.nan))

    def _likeness(self, query: Floats, places: npt.NDArray[np.integer]) -> Floats:
        return np.asarray(self._numbers[places].astype(np.float32) @ query * self._factors[places], dtype=np.float32)


def _bits(positive: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    padded = np.zeros((len(positive), -(-positive.shape[1] // 64) * 64), dtype=np.bool_)
    padded[:, : positive.shape[1]] = positive
    return np.packbits(padded, axis=1).view(np.uint64)
