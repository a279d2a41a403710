"""Several chat models as one: the first that answers, with a circuit breaker before each.

A breaker opens after ``threshold`` failures in a row, or at once when a model asks for a pause. When its
time is over one turn is let through as a probe, and until that brings text the others pass by. Failures are
forgotten only when an answer is complete, so a model that always breaks off in the middle rests as well.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence

import structlog

from core.errors import ModelRejected, ModelUnavailable, PromptTooLong, StagedoorError
from core.model import Completion, Prompt
from core.ports import ChatModel

PROBE_TAKES = 1.0  # seconds; what a caller is told to wait while somebody else's probe is under way

log = structlog.get_logger()


class Failover:
    """A ``ChatModel`` over others, tried in their order while nothing has been shown.

    Args:
        models: The first is the one wanted most.
        threshold: Failures in a row that open a breaker.
        cooldown: Seconds for which it stays open, unless the model asked for more.
        monotonic: Seconds that never run backwards.
    """

    def __init__(
        self,
        models: Sequence[ChatModel],
        *,
        threshold: int = 3,
        cooldown: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not models:
            raise ValueError("failover needs a model")
        self._breakers = [_Breaker(model, place, threshold, cooldown, monotonic) for place, model in enumerate(models)]

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """As ``core.ports.ChatModel``.

        Raises:
            ModelUnavailable: Also when every breaker is open: at once, with the soonest ``retry_after``.
        """
        last: StagedoorError | None = None
        for breaker in self._breakers:
            if not breaker.admits():
                continue
            shown = False
            try:
                async with contextlib.aclosing(breaker.stream(prompt)) as pieces:
                    async for piece in pieces:
                        shown = True
                        yield piece
            except PromptTooLong:
                raise
            except (ModelUnavailable, ModelRejected) as exc:
                if shown:
                    raise
                last = exc
            else:
                return
        raise last or self._all_open()

    def _all_open(self) -> ModelUnavailable:
        soonest = min(breaker.admits_in() for breaker in self._breakers)
        return ModelUnavailable("every model is resting after failures", retry_after=soonest)


class _Breaker:
    """One model and how it has been doing."""

    def __init__(
        self, model: ChatModel, place: int, threshold: int, cooldown: float, monotonic: Callable[[], float]
    ) -> None:
        self._model = model
        self._place = place  # in the list of models, for the log
        self._threshold = threshold
        self._cooldown = cooldown
        self._monotonic = monotonic
        self._failures = 0  # in a row
        self._rests_until = -math.inf
        self._on_trial = False  # it has rested and not yet shown that it works
        self._probing = False
        self._refused = False

    def admits(self) -> bool:
        """Whether a turn may pass now."""
        return self.admits_in() <= 0

    def admits_in(self) -> float:
        """Seconds until a turn may pass; an estimate while a probe is under way."""
        return max(self._rests_until - self._monotonic(), PROBE_TAKES if self._probing else 0.0)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        probe = self._probing = self._on_trial
        try:
            async with contextlib.aclosing(self._model.stream(prompt)) as pieces:
                async for piece in pieces:
                    self._on_trial = self._probing = False
                    yield piece
            self._failures, self._refused = 0, False
        except ModelUnavailable as exc:
            self._failed(exc)
            raise
        except PromptTooLong:
            raise
        except ModelRejected as exc:
            self._rejected(exc)
            raise
        finally:
            if probe:
                self._probing = False

    def _failed(self, exc: ModelUnavailable) -> None:
        self._failures += 1
        rest = max(exc.retry_after or 0.0, self._cooldown if self._failures >= self._threshold else 0.0)
        if not rest:
            return
        self._on_trial = True
        self._rests_until = self._monotonic() + rest
        log.warning("llm.breaker.opened", model=self._place, failures=self._failures, rest=rest, reason=str(exc))

    def _rejected(self, exc: ModelRejected) -> None:
        # Once, until it answers again: a wrong key would otherwise fill the log with one line a turn.
        if not self._refused:
            log.error("llm.rejected", model=self._place, reason=str(exc))
        self._refused = True
