"""SQLAlchemy's statements on SQLite without SQLAlchemy's execution.

A turn runs about twenty small statements. SQLite takes some ten microseconds for one; an execution context and a cursor
result take several times that. Here a statement is compiled once, and then only its parameters are put in place. What
this does not cover (lists to expand, text, anything unusual) goes the ordinary way.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

MOST_STATEMENTS = 256  # ours are all built at import; more would mean that someone builds them per call
Convert = Callable[[Any], Any]


class Parameter(NamedTuple):
    """One value to bind."""

    name: str
    default: Any  # of a value that is part of the statement
    convert: Convert | None


class Prepared(NamedTuple):
    """A statement ready for the driver."""

    sql: str
    parameters: tuple[Parameter, ...]
    row: Callable[[Sequence[Any]], Any] | None  # a driver's row as a named tuple; None: no rows come
    converts: tuple[tuple[int, Convert], ...]  # columns whose values have to be converted

    def bind(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the statement's order."""
        return [
            given.get(name, default) if convert is None else convert(given.get(name, default))
            for name, default, convert in self.parameters
        ]

    def read(self, row: Sequence[Any]) -> Any:
        """A driver's row as ours."""
        if self.converts:
            values = list(row)
            for index, convert in self.converts:
                values[index] = convert(values[index])
            row = values
        return self.row(row) if self.row is not None else row


class Rows:
    """All rows of a statement; the few methods of SQLAlchemy's results that the stores use."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount  # of those found, or of those changed where none come back

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Every row."""
        return self._rows

    def one_or_none(self) -> Any:
        """The only row, if there is one."""
        if len(self._rows) > 1:
            raise MultipleResultsFound("more than one row where one was expected")
        return self._rows[0] if self._rows else None

    def scalar_one_or_none(self) -> Any:
        """The first column of the only row, if there is one."""
        row = self.one_or_none()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        """The first column of the only row."""
        if not self._rows:
            raise NoResultFound("no row where one was expected")
        return self.scalar_one_or_none()


class DirectConnection(sa.Connection):
    """A connection that prepares statements once and then goes straight to the driver."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._prepared: dict[tuple[sa.Executable, frozenset[str]], Prepared | None] = {}

    def execute(self, statement: sa.Executable, parameters: Any = None, *, execution_options: Any = None) -> Any:
        """As SQLAlchemy's; rows come as ``Rows``."""
        many = parameters if isinstance(parameters, list) else [parameters or {}]
        prepared = self._prepare(statement, frozenset(many[0])) if many and execution_options is None else None
        if prepared is None:
            return super().execute(statement, parameters, execution_options=execution_options)
        driver = cast("sqlite3.Connection", self.connection.driver_connection)
        try:
            if prepared.row is None:
                return Rows([], sum([driver.execute(prepared.sql, prepared.bind(given)).rowcount for given in many]))
            found = [row for given in many for row in driver.execute(prepared.sql, prepared.bind(given)).fetchall()]
        except sqlite3.Error as exc:
            raise DBAPIError.instance(prepared.sql, (), exc, sqlite3.Error, hide_parameters=True) from exc
        return Rows([prepared.read(row) for row in found], len(found))

    def _prepare(self, statement: sa.Executable, names: frozenset[str]) -> Prepared | None:
        key = (statement, names)
        if key not in self._prepared:
            if len(self._prepared) >= MOST_STATEMENTS or not isinstance(statement, sa.Select | sa.UpdateBase):
                return None
            self._prepared[key] = _prepared(statement, names, self.dialect)
        return self._prepared[key]


def _prepared(statement: sa.Select[Any] | sa.UpdateBase, names: frozenset[str], dialect: sa.Dialect) -> Prepared | None:
    """Compile a statement; None if its text depends on the values."""
    compiled = statement.compile(dialect=dialect, column_keys=sorted(names))
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    if any(bound.required and bound.key not in names for bound in compiled.binds.values()):
        return None  # the ordinary way says what is missing
    parameters = tuple(_parameter(compiled, name, dialect) for name in compiled.positiontup or ())
    columns = list(statement.exported_columns)
    if not columns:
        return Prepared(compiled.string, parameters, None, ())
    kind = namedtuple("Row", [str(column.key) for column in columns], rename=True)  # type: ignore[misc] # noqa: PYI024 - the fields are known only here
    processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    converts = tuple((index, convert) for index, convert in enumerate(processors) if convert is not None)
    return Prepared(compiled.string, parameters, kind._make, converts)


def _parameter(compiled: SQLCompiler, name: str, dialect: sa.Dialect) -> Parameter:
    bound = compiled.binds[name]
    # What is part of the statement has a key that nobody can give, so its own value stands.
    return Parameter(str(bound.key), bound.effective_value, bound.type.dialect_impl(dialect).bind_processor(dialect))
