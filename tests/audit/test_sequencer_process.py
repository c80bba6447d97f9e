"""The sequencer as it runs: its own process, its own login, killed and doubled."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from audit.sequencer import LOCK
from cdp.kernel import clock
from cdp.kernel.roles import Role
from cdp.runtime.database_findings import capture
from tests.audit import killed_sequencer
from tests.servers import ROOT, Servers

pytestmark = pytest.mark.story

DATABASE = "audit_process"
WRITERS, ACTS = 4, 150
BURST = 60_000


@pytest.fixture
def environment(servers: Servers, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a sequencer over a database of its own, its anchors apart."""
    servers.clone(DATABASE)
    yield servers.environment("sequencer", DATABASE) | {"CDP_VAR": str(tmp_path)}
    servers.drop(DATABASE)


def test_a_slow_writer_is_sequenced_later_and_never_skipped(
    servers: Servers, environment: dict[str, str]
) -> None:
    manage(environment, "sequencer", "--once")
    before = indexes(servers)
    with (
        psycopg.connect(servers.dsn(Role.WEB, DATABASE)) as slow,
        psycopg.connect(servers.dsn(Role.WEB, DATABASE)) as quick,
    ):
        write(slow, "slow")
        write(quick, "quick")
        quick.commit()

        manage(environment, "sequencer", "--once")
        meanwhile = acts(servers)[len(before) :]
        slow.commit()
        manage(environment, "sequencer", "--once")

    assert meanwhile == ["test.quick"]
    assert acts(servers)[len(before) :] == ["test.quick", "test.slow"]
    assert checked(environment)["problem"] is None


def test_what_a_person_at_the_database_prompt_does_is_on_the_record(
    servers: Servers, environment: dict[str, str]
) -> None:
    """Case 19: raw SQL past the parent of partitions, and a dropped table; `db:` says who."""
    manage(environment, "sequencer", "--once")
    before = len(indexes(servers))
    with psycopg.connect(administrator(servers), autocommit=True) as superuser:
        login = superuser.info.user
        superuser.execute("SELECT ensure_partition('2026-06-01')")
        superuser.execute(
            """INSERT INTO profiles_event_202606
                   (id, subject_id, workspace_id, source_id, key, kind, name, category, happened_at,
                    received_at, properties, currency, flags, purpose_bits)
               SELECT u, u, u, u, 'k', 'track', 'x', 1, '2026-06-02', now(), '{}', '', '{}', 0
                 FROM gen_random_uuid() u"""
        )
        superuser.execute("DELETE FROM profiles_event_202606")
        superuser.execute("CREATE TABLE passing (id int)")
        superuser.execute("DROP TABLE passing")
    manage(environment, "sequencer", "--once")

    assert selected(
        servers, f"SELECT act || ' ' || obj FROM audit_entry WHERE idx >= {before} ORDER BY idx"
    ) == [
        "profiles_event_202606.insert profiles_event_202606",
        "profiles_event_202606.delete profiles_event_202606",
        "table.drop table:passing",
    ]
    assert set(selected(servers, f"SELECT actor FROM audit_entry WHERE idx >= {before}")) == {
        f"db:{login}"
    }


def test_doctor_names_a_trigger_that_was_switched_off_and_a_login_that_acted_for_nobody(
    servers: Servers, environment: dict[str, str]
) -> None:
    manage(environment, "sequencer", "--once")
    dsn = servers.dsn(Role.AUDIT, DATABASE)
    assert [each.says for each in capture(dsn)] == [
        "Every trigger that puts changes on the record is on."
    ]

    with psycopg.connect(administrator(servers), autocommit=True) as superuser:
        superuser.execute("ALTER TABLE profiles_segment DISABLE TRIGGER audit_update")
        superuser.execute("ALTER EVENT TRIGGER audit_dropped DISABLE")
    with psycopg.connect(servers.dsn(Role.WEB, DATABASE)) as web:
        web.execute("INSERT INTO audit_inbox (actor, act) VALUES ('db:cdp_web', 'segment.edit')")
    manage(environment, "sequencer", "--once")

    off, drops, unnamed = capture(dsn)
    assert (off.fine, off.required) == (False, True)
    assert "trigger audit_update of profiles_segment is switched off" in off.says
    assert (drops.fine, drops.required) == (False, False)
    assert "Dropped tables go unrecorded" in drops.says
    assert "1 entries of the audit log name a login and nobody who acted" in unnamed.says
    assert "(segment.edit)" in unnamed.says


def test_nobody_empties_a_table_of_people_or_drops_the_log(
    servers: Servers, environment: dict[str, str]
) -> None:
    """Case 20: parent and partition alike, and for a superuser too."""
    with psycopg.connect(administrator(servers), autocommit=True) as superuser:
        superuser.execute("SELECT ensure_partition('2026-06-01')")
        tables = [
            str(name)
            for (name,) in superuser.execute(
                """SELECT DISTINCT c.oid::regclass::text FROM pg_class c
                   LEFT JOIN consent_protected_table t ON to_regclass('public.' || t.name) = c.oid
                   LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
                   LEFT JOIN pg_trigger g ON g.tgrelid = c.oid AND g.tgname LIKE 'audit%'
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                     AND (t.name IS NOT NULL OR i.inhrelid IS NOT NULL OR g.oid IS NOT NULL)"""
            )
        ]
        assert {"profiles_event", "profiles_event_202606", "profiles_profile"} <= set(tables)
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stay on the record"):
                superuser.execute(f"TRUNCATE {table} CASCADE")
        for table in ("audit_entry", "audit_leaf", "audit_tile", "audit_checkpoint"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stay on the record"):
                superuser.execute(f"DROP TABLE {table} CASCADE")


def test_a_superuser_who_switches_ordinary_triggers_off_still_meets_the_guards(
    servers: Servers, environment: dict[str, str]
) -> None:
    """Case 26: as a replica, too; with our triggers off, the check finds it."""
    manage(environment, "sequencer", "--once")
    with psycopg.connect(administrator(servers), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for table in ("audit_entry", "audit_leaf", "audit_checkpoint", "audit_tile"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stay on the record"):
                superuser.execute(f"DELETE FROM {table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stay on the record"):
                superuser.execute(f"TRUNCATE {table}")

        superuser.execute("ALTER TABLE audit_leaf DISABLE TRIGGER audit_guard")
        superuser.execute("UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = 2")

    verdict = checked(environment, succeeds=False)
    assert verdict["problem"]["index"] == 2


def test_killed_and_doubled_sequencers_lose_nothing_and_repeat_nothing(
    servers: Servers, environment: dict[str, str]
) -> None:
    """Cases 27 and 28: at random moments, while others write and roll back."""
    manage(environment, "sequencer", "--once")
    before = len(indexes(servers))
    random = Random(7)
    kept: list[str] = []
    writers = [
        threading.Thread(target=write_many, args=(servers, number, kept))
        for number in range(WRITERS)
    ]
    running = [started(environment), started(environment)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        victim = running.pop(random.randrange(len(running)))
        wait_for_entries(servers, len(indexes(servers)) + 1, unless=writers)
        victim.kill()
        victim.wait()
        running.append(started(environment))
    for writer in writers:
        writer.join()
    for process in running:
        process.kill()
        process.wait()
    manage(environment, "sequencer", "--once")

    found = indexes(servers)
    assert found == list(range(len(found)))
    written = [act for act in acts(servers)[before:] if act.startswith("test.")]
    assert sorted(written) == sorted(kept)
    assert checked(environment)["problem"] is None


@pytest.mark.slow
def test_a_sequencer_killed_at_any_statement_leaves_no_gap_and_no_double(
    servers: Servers, environment: dict[str, str]
) -> None:
    """Case 27: before and after each statement, and between the commit and the anchor."""
    manage(environment, "sequencer", "--once")
    before = len(indexes(servers))

    done = subprocess.run(
        [sys.executable, "-m", "tests.audit.killed_sequencer", servers.dsn(Role.WEB, DATABASE)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    died = int(done.stdout)
    assert died >= 20  # ten statements at least, before and after each
    written = killed_sequencer.ENTRIES * (died + 1)
    assert indexes(servers) == list(range(before + written))
    numbers = selected(servers, f"SELECT inbox_id FROM audit_entry WHERE idx >= {before}")
    assert len(set(numbers)) == written
    manage(environment, "sequencer", "--once")  # anchors what the last death left out
    verdict = checked(environment)
    assert verdict["problem"] is None
    assert verdict["anchors"] == verdict["checkpoints"]


def test_a_second_sequencer_waits_for_the_first(
    servers: Servers, environment: dict[str, str]
) -> None:
    """Case 28."""
    manage(environment, "sequencer", "--once")
    before = len(indexes(servers))
    with (
        psycopg.connect(servers.dsn(Role.AUDIT, DATABASE)) as first,
        psycopg.connect(servers.dsn(Role.WEB, DATABASE)) as writer,
        psycopg.connect(administrator(servers), autocommit=True) as watcher,
    ):
        write(writer, "once")
        writer.commit()
        first.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        second = started(environment)
        while not waits_for_a_lock(watcher):
            assert second.poll() is None
        assert len(indexes(servers)) == before

        first.rollback()
        wait_for_entries(servers, before + 1, unless=[threading.current_thread()])
    second.kill()
    second.wait()

    assert acts(servers)[before] == "test.once"


@pytest.mark.slow
def test_a_burst_is_sequenced_whole_and_the_inbox_is_empty_again(
    servers: Servers, environment: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """Case 29: three seconds of 20,000 entries a second, by four writers at once."""
    manage(environment, "sequencer", "--once")
    before = len(indexes(servers))
    process = started(environment)
    began = clock.now()
    writers = [threading.Thread(target=burst, args=(servers,)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ended = clock.now()
    wait_for_entries(servers, before + BURST, unless=[threading.current_thread()])
    drained = clock.now()
    process.kill()
    process.wait()

    record_property("entries", BURST)
    record_property("written_seconds", (ended - began).total_seconds())
    record_property("lag_seconds", (drained - ended).total_seconds())
    found = indexes(servers)
    assert found == list(range(len(found)))
    assert acts(servers)[before:].count("test.burst") == BURST
    assert checked(environment)["problem"] is None


def burst(servers: Servers) -> None:
    """Write a writer's share of the burst, a thousand entries a transaction."""
    with psycopg.connect(servers.dsn(Role.WORKER, DATABASE)) as connection:
        for _ in range(BURST // WRITERS // 1_000):
            connection.execute(
                "INSERT INTO audit_inbox (actor, act) "
                "SELECT 'op:1', 'test.burst' FROM generate_series(1, 1000)"
            )
            connection.commit()


def waits_for_a_lock(watcher: psycopg.Connection) -> bool:
    row = watcher.execute(
        "SELECT count(*) FROM pg_stat_activity, pg_sleep(0.01) "
        "WHERE datname = %s AND wait_event_type = 'Lock' AND wait_event = 'advisory'",
        [DATABASE],
    ).fetchone()
    return bool(row and row[0])


def write(connection: psycopg.Connection, name: str) -> None:
    connection.execute("INSERT INTO audit_inbox (actor, act) VALUES ('op:1', %s)", [f"test.{name}"])


def write_many(servers: Servers, number: int, kept: list[str]) -> None:
    """Write acts, a fifth of which roll back; tell which were kept."""
    random = Random(number)
    with psycopg.connect(servers.dsn(Role.WORKER, DATABASE)) as connection:
        for act in range(ACTS):
            write(connection, f"{number}.{act}")
            connection.execute("SELECT pg_sleep(%s)", [random.random() * 0.04])
            if random.random() < 0.2:
                connection.rollback()
            else:
                connection.commit()
                kept.append(f"test.{number}.{act}")


def wait_for_entries(servers: Servers, count: int, *, unless: list[threading.Thread]) -> None:
    """Return when the log has `count` entries, or when nobody writes any more."""
    with psycopg.connect(servers.dsn(Role.AUDIT, DATABASE), autocommit=True) as connection:
        while any(writer.is_alive() for writer in unless):
            row = connection.execute("SELECT count(*) FROM audit_entry, pg_sleep(0.01)").fetchone()
            if row and row[0] >= count:
                return


def started(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "sequencer"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def manage(environment: dict[str, str], *command: str, succeeds: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == succeeds, done.stderr
    return done.stdout


def checked(environment: dict[str, str], *, succeeds: bool = True) -> Any:
    return json.loads(manage(environment, "verify_audit", "--json", succeeds=succeeds))


def administrator(servers: Servers) -> str:
    return servers.administrator.replace(f"/{servers.template}", f"/{DATABASE}")


def selected(servers: Servers, sql: str) -> list[Any]:
    with psycopg.connect(servers.dsn(Role.AUDIT, DATABASE)) as connection:
        return [row[0] for row in connection.execute(sql)]


def indexes(servers: Servers) -> list[int]:
    return selected(servers, "SELECT idx FROM audit_entry ORDER BY idx")


def acts(servers: Servers) -> list[str]:
    return selected(servers, "SELECT act FROM audit_entry ORDER BY idx")
