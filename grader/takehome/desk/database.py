"""Opens the database: a file beside the assessment, or a PostgreSQL server by its address.

SQLite keeps a write-ahead log, looks at foreign keys, and lets one writer in at a time: a transaction takes its place
when it begins, so that none finds out at its end that another was first.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

from grader.errors import InputError
from grader.takehome.desk.migrations import NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

PATIENCE = 30
"""Seconds to wait for another writer."""
_MIGRATIONS = "grader.takehome.desk:migrations"
_UNUSABLE = {OperationalError, DatabaseError}
"""No answer, no permission, no room; and a file that is no database."""
_KINDS = "Write postgresql://USER@HOST/NAME, or leave it out for a file beside the assessment"


class Database:
    """Where the rows of assessments are."""

    def __init__(self, address: str) -> None:
        """Make ready to connect; nothing is opened yet.

        Args:
            address: `sqlite:///FILE` or `postgresql://...`.

        Raises:
            InputError: it is neither.
        """
        self._url = _url(address)
        self._engine = _engine(self._url)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of SQLite."""
        return self._url.get_backend_name() == "sqlite"

    def open(self) -> None:
        """See that its form is the one this program knows; a file is brought up to date, or made.

        Raises:
            InputError: it cannot be reached, or its form is another.
        """
        with self._told(), self._engine.begin() as connection:
            if _is_newest(connection):
                return
            found, _ = _revisions(connection)
            if not self.is_file:
                fault = "the database has an older form" if found else "the database has no tables yet"
                raise InputError(fault, file=self.shown, cure="Bring it up to date: grade assess migrate")
            _migrate(connection)

    def migrate(self) -> tuple[str | None, str]:
        """Bring its form up to date; return what it was, and what it is.

        Raises:
            InputError: it cannot be reached, or was made by a newer program.
        """
        with self._told(), self._engine.begin() as connection:
            before = _revisions(connection)
            _migrate(connection)
        return before

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session whose work is kept whole when it ends well, and not at all otherwise.

        Raises:
            InputError: the database cannot be reached.
        """
        with self._told(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    @property
    def shown(self) -> str:
        """The address, without a password."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in one line that the server does not answer, or that the file cannot be used."""
        try:
            yield
        except DatabaseError as error:
            if type(error) not in _UNUSABLE:  # another is a fault of ours
                raise
            reason = str(error.orig).strip().splitlines()
            fault = f"the database cannot be used: {reason[0] if reason else 'no answer'}"
            raise InputError(fault, file=self.shown, cure="Check the address and the permissions") from None


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise InputError(f"{address!r} is no address of a database", cure=_KINDS) from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database:
        return url.set(drivername="sqlite+pysqlite")
    raise InputError(f"{url.get_backend_name()!r} is no database that keeps assessments", cure=_KINDS)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _take_place)
    if url.database:
        _make_private(url.database)
    return engine


def _make_private(path: str) -> None:
    """Make the file, if there is none, for its owner's eyes alone; SQLite gives its log the same rights."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        fault = f"the database cannot be made: {error.strerror}"
        raise InputError(fault, file=path, cure="Name a folder that is there") from None


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # sqlite3 would begin transactions by itself
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _take_place(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


# --- the form of the tables ------------------------------------------------------------------------------------------


def _is_newest(connection: Connection) -> bool:
    """Whether the database has the newest form, asked without alembic."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [NEWEST]


def _script() -> tuple[Config, ScriptDirectory]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    return config, ScriptDirectory.from_config(config)


def _revisions(connection: Connection) -> tuple[str | None, str]:
    """Return the form that the database has, and the newest there is."""
    from alembic.runtime.migration import MigrationContext

    _, script = _script()
    found, newest = MigrationContext.configure(connection).get_current_revision(), script.get_current_head()
    assert newest is not None, "the package ships at least one form"
    if found is not None and found not in {each.revision for each in script.walk_revisions()}:
        fault = f"the database has the form {found}, which this program does not know"
        raise InputError(fault, cure="Install the newer version that made it")
    return found, newest


def _migrate(connection: Connection) -> None:
    from alembic.runtime.environment import EnvironmentContext

    config, script = _script()
    config.attributes["connection"] = connection
    with EnvironmentContext(config, script, fn=lambda found, _: script._upgrade_revs("head", found)):
        script.run_env()
