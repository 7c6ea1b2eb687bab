"""The database's forms, one after the other; alembic finds them here."""
