"""Backups of a test database, made and restored with PostgreSQL's own programs."""

import subprocess
from pathlib import Path

import psycopg
from django.db import connections
from psycopg import sql

from cdp.runtime import bootstrap, postgres_binaries
from tests.servers import Servers


def dump(servers: Servers, database: str, into: Path) -> Path:
    """Write everything a database holds to a file and return it."""
    backup = into / "backup.dump"
    _run("pg_dump", "-Fc", "-f", str(backup), "-d", _address(servers, database))
    return backup


def restore(servers: Servers, database: str, backup: Path) -> None:
    """Put a database back to what a backup holds."""
    connections["default"].close()
    servers.drop(database)
    maintenance = bootstrap.with_database(servers.administrator, bootstrap.MAINTENANCE)
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database))
        )
        bootstrap.protect_database(server, database)
    _run("pg_restore", "--exit-on-error", "-d", _address(servers, database), str(backup))


def _address(servers: Servers, database: str) -> str:
    return bootstrap.with_database(servers.administrator, database)


def _run(program: str, *arguments: str) -> None:
    folder = postgres_binaries.candidates()[0]
    done = subprocess.run(
        [str(folder / program), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
