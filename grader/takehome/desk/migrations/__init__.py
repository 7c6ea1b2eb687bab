"""The database's forms, one after the other; alembic finds them here."""

NEWEST = "m0001"
"""The last of them: a database that has it can be opened without alembic, which takes long to import."""
