"""What alembic runs to bring a database up to date: on the connection it was given, in its transaction."""

from __future__ import annotations

from alembic import context

from grader.takehome.desk.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, transactional_ddl=True
)
context.run_migrations()
