"""What Alembic runs around the revisions. The connection, and its transaction, are the caller's."""

from alembic import context

from adapters.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # also on SQLite, where we begin transactions ourselves
)
with context.begin_transaction():
    context.run_migrations()
