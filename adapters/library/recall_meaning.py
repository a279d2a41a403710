"""Embeddings of one fan's turns, a byte for each number, compared around their own mean."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from adapters.library.postings import Floats, Ints

FACTOR = struct.Struct("<f")
GROWTH = 1.1  # more vectors by which the mean is taken anew
LEAST_KNOWN = 8  # vectors below which a mean says nothing


class Meaning:
    """Vectors by row, as they come."""

    def __init__(self) -> None:
        self._numbers: npt.NDArray[np.int8] = np.zeros((0, 0), dtype=np.int8)
        self._factors: Floats = np.zeros(0, dtype=np.float32)
        self._known: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._mean: Floats = np.zeros(0, dtype=np.float32)
        self._lengths: Floats = np.zeros(0, dtype=np.float32)  # of the vectors around the mean
        self._counted = 0

    def missing(self, size: int, most: int) -> Ints:
        """Rows of the first ``size`` that have no vector yet, the newest first."""
        known = self._known[:size]
        lacking = np.concatenate([np.flatnonzero(~known), np.arange(len(known), size)])
        return lacking[::-1][:most].astype(np.int32)

    def put(self, vectors: Mapping[int, bytes]) -> None:
        """Keep vectors as ``vectors.packed``; an empty one says that there is none to be had."""
        width = max((len(blob) - FACTOR.size for blob in vectors.values()), default=0)
        self._make_room(max(vectors, default=-1) + 1, max(width, 0))
        for row, blob in vectors.items():
            self._known[row] = True
            if blob and len(blob) - FACTOR.size == self._numbers.shape[1]:
                self._factors[row] = FACTOR.unpack_from(blob)[0]
                self._numbers[row] = np.frombuffer(blob, dtype=np.int8, offset=FACTOR.size)

    def likeness(self, query: Sequence[float], size: int) -> Floats | None:
        """Cosine of the first ``size`` rows with a query, around the mean; 0 without a vector. None: too few."""
        count = int(np.count_nonzero(self._factors))
        if count < LEAST_KNOWN or len(query) != self._numbers.shape[1]:
            return None
        if count > self._counted * GROWTH or len(self._lengths) < len(self._factors):
            self._take_mean(count)
        around = np.asarray(query, dtype=np.float32) - self._mean
        around /= max(float(np.linalg.norm(around)), 1e-6)
        rows = min(size, len(self._factors))
        found = np.zeros(size, dtype=np.float32)
        dots = self._numbers[:rows].astype(np.float32) @ around * self._factors[:rows] - float(self._mean @ around)
        found[:rows] = np.where(self._factors[:rows] > 0, dots / np.maximum(self._lengths[:rows], 1e-6), 0.0)
        return np.clip(found, -1.0, 1.0)

    def _take_mean(self, count: int) -> None:
        vectors = self._numbers.astype(np.float32) * self._factors[:, None]
        self._mean = np.asarray(vectors.sum(axis=0) / count, dtype=np.float32)
        self._lengths = np.linalg.norm(vectors - self._mean, axis=1).astype(np.float32)
        self._counted = count

    def _make_room(self, rows: int, width: int) -> None:
        held, wide = self._numbers.shape
        if rows <= held and (wide or not width):
            return
        size = max(rows, 2 * held) if rows > held else held
        numbers = np.zeros((size, wide or width), dtype=np.int8)
        numbers[:held, :wide] = self._numbers
        self._numbers = numbers
        self._factors = np.concatenate([self._factors, np.zeros(size - held, dtype=np.float32)])
        self._known = np.concatenate([self._known, np.zeros(size - held, dtype=np.bool_)])
