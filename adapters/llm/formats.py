"""How an endpoint is asked for JSON: as strictly as it can. Pure.

Endpoints differ in what they know of ``response_format``, and refuse what they don't know with 400 or 422. So there is
a ladder: a schema that the answer must follow, any JSON object, nothing; the prompt asks for JSON in words anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import ModelRejected, StagedoorError

LAST = 2  # step of the ladder
REFUSED = frozenset({400, 422})
NAME = "answer"


class FormatRefused(ModelRejected):
    """Perhaps it was the format: worth one try on the next step."""


def response_format(schema: Mapping[str, Any] | None, step: int) -> Mapping[str, Any]:
    """The part of a request's body that asks for this, on this step of the ladder; empty where nothing is asked."""
    if schema is None or step == LAST:
        return {}
    if step:
        return {"response_format": {"type": "json_object"}}
    named = {"name": NAME, "schema": schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def refused(error: StagedoorError, status: int, schema: Mapping[str, Any] | None, step: int) -> StagedoorError:
    """The error, or one that says that the next step may do."""
    if schema is None or step == LAST or status not in REFUSED or type(error) is not ModelRejected:
        return error
    return FormatRefused(str(error))
