import errno
import subprocess
import sys
import threading
from contextlib import closing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from or_robot.config.store import StoreConfig
from or_robot.errors import OrRobotError
from or_robot.store.audit import GENESIS, AuditBroken
from or_robot.store.database import StoreUnavailable
from or_robot.store.objects import ObjectFolder
from or_robot.store.store import Store, StoredBooking, StoredInstance, StoredPatient

JANE = StoredPatient("P1", None, "1970-01-02")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    yield store
    store.close()


def instance(store: Store, name: str, patient_id: str = "P1") -> StoredInstance:
    sha256 = store.objects.put(name.encode())
    return StoredInstance(sha256, patient_id, "CT", f"1.2.{name}", 1.0)


def look(store: Store, number: int = 0) -> None:
    store.audit.append(actor=f"a{number}", room="OR-1", action="case.get", patient_id="P1", why="")


@settings(deadline=None, max_examples=25)
@given(st.binary(max_size=2000))
def test_objects_round_trip(tmp_path_factory, data):
    folder = ObjectFolder(tmp_path_factory.mktemp("objects"))
    name = folder.put(data)
    assert folder.put(data) == name
    assert folder.get(name) == data


def test_an_altered_object_is_noticed(tmp_path):
    folder = ObjectFolder(tmp_path)
    name = folder.put(b"dose")
    (tmp_path / name[:2] / name[2:]).write_bytes(b"lies")
    with pytest.raises(OrRobotError, match="damaged"):
        folder.get(name)


def test_adding_twice_adds_once(store):
    assert store.add([JANE], [instance(store, "a"), instance(store, "b")]) == 2
    assert store.add([JANE], [instance(store, "b"), instance(store, "c")]) == 1
    assert [one.uid for one in store.instances("P1")] == ["1.2.a", "1.2.b", "1.2.c"]


def test_a_batch_is_all_or_nothing(store):
    with pytest.raises(IntegrityError):
        store.add([JANE], [instance(store, "a"), instance(store, "b", "nobody")])
    assert store.patient("P1") is None
    assert store.instances("P1") == ()


def test_what_was_recorded_of_a_patient_is_filled_in_but_not_changed(store):
    store.add([StoredPatient("P1", None, "1970-01-02")], [])
    store.add([StoredPatient("P1", "H", "1999-09-09")], [])
    assert store.patient("P1") == StoredPatient("P1", "H", "1970-01-02")


def test_preparing_again_replaces_everything(store):
    store.add([JANE], [])
    store.put_prepared("P1", "v1", {"case": b"1", "old": b"1"})
    store.put_prepared("P1", "v2", {"case": b"2"})
    assert store.prepared("P1", "old") is None
    assert store.prepared("P1", "case").data == b"2"
    assert store.prepared_version("P1") == "v2"


def test_a_room_holds_one_patient(store):
    store.add([JANE, StoredPatient("P2", None, None)], [])
    store.assign("OR-1", "P1")
    store.assign("OR-1", "P2")
    assert store.rooms() == {"OR-1": "P2"}
    store.assign("OR-1", None)
    assert store.rooms() == {}


def test_a_booking_fills_an_empty_room_only(store):
    store.add([JANE, StoredPatient("P2", None, None)], [], [("OR-1", "P1"), ("OR-1", "P2")])
    assert store.occupant("OR-1") == "P1"
    assert store.occupant("OR-2") is None


def test_phase_is_remembered_with_its_time(store):
    assert store.phase("OR-1") is None
    stamp = store.set_phase("OR-1", "closing")
    assert store.phase("OR-1") == ("closing", stamp)


def test_what_was_stored_is_there_after_reopening(tmp_path):
    first = Store(tmp_path)
    kept = instance(first, "a")
    first.add([JANE], [kept])
    look(first)
    first.close()
    with closing(Store(tmp_path)) as second:
        assert second.owner(kept.sha256) == "P1"
        assert second.audit.verify().entries == 1


def test_the_audit_is_a_chain(store):
    assert store.audit.verify().head == GENESIS
    for number in range(5):
        look(store, number)
    check = store.audit.verify()
    assert check.entries == 5
    look(store)
    assert store.audit.verify().head != check.head


def test_the_audit_refuses_changes(store, tmp_path):
    look(store)
    engine = create_engine(f"sqlite:///{tmp_path / 'store.sqlite'}")
    for statement in ("UPDATE audit SET why = 'x'", "DELETE FROM audit"):
        with pytest.raises((IntegrityError, OperationalError)), engine.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET actor = 'x' WHERE sequence = 2",
        "UPDATE audit SET stamp_s = stamp_s + 1 WHERE sequence = 2",
        "UPDATE audit SET patient_id = NULL WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 1",
    ],
)
def test_tampering_shows(store, tmp_path, tampering):
    for number in range(3):
        look(store, number)
    engine = create_engine(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text(tampering))
    with pytest.raises(AuditBroken):
        store.audit.verify()


def test_two_writers_share_one_chain(tmp_path):
    stores = [Store(tmp_path) for _ in range(2)]
    threads = [
        threading.Thread(target=lambda store=store: [look(store, n) for n in range(10)])
        for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].audit.verify().entries == 20
    for store in stores:
        store.close()


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(OrRobotError, match="cannot be opened"):
        Store(tmp_path)


def test_looks_are_synced_together(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("or_robot.store.audit.os.fsync", synced.append)
    store = Store(tmp_path, config=StoreConfig(audit_sync_within_s=0.5))
    for number in range(20):
        look(store, number)
    store.close()
    assert 1 <= len(synced) <= 2


def test_a_disk_that_takes_no_entries_is_told_until_it_does(tmp_path, monkeypatch):
    broken, tried = threading.Event(), threading.Semaphore(0)
    broken.set()

    def fsync(_handle):
        tried.release()
        if broken.is_set():
            raise OSError(errno.EIO, "disk")

    monkeypatch.setattr("or_robot.store.audit.os.fsync", fsync)
    store = Store(tmp_path, config=StoreConfig(audit_sync_within_s=0.02))
    look(store)
    tried.acquire()
    tried.acquire()  # it tries again by itself, so the first try has been judged
    with pytest.raises(StoreUnavailable, match="synced"):
        look(store)
    broken.clear()
    tried.acquire()
    tried.acquire(timeout=0.5)  # none may be due any more
    look(store)
    assert store.audit.verify().entries == 2
    store.close()


def test_kill_loses_no_entry_that_was_acknowledged(tmp_path):
    code = (
        "import pathlib, sys; from or_robot.store.store import Store\n"
        "store = Store(pathlib.Path(sys.argv[1]))\n"
        "while True:\n"
        "    entry = store.audit.append(actor='a', room='', action='x', patient_id='P', why='')\n"
        "    print(entry.sequence, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        seen = [next(process.stdout) for _ in range(30)]
        process.kill()
        seen += process.stdout.read().splitlines()
    with closing(Store(tmp_path)) as store:
        assert store.audit.verify().entries >= int(seen[-1])


def files(folder) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and "sqlite" not in p.name)


REFUSED = OrRobotError("patient ID is stored with another birth date", "find out")


def refuse(store, data=b"conflict", patient_id="P1"):
    return store.refusals.add(data, REFUSED, source="pacs", patient_id=patient_id, alarm=True)


def test_nothing_but_the_audit_is_left_of_a_deleted_patient(store, tmp_path):
    other = StoredPatient("P2", None, None)
    booking = StoredBooking("P1", "FHIR", "OR-1", None, None, None)
    store.add([JANE, other], [instance(store, "a"), instance(store, "b", "P2")])
    store.add([], [], [("OR-1", "P1"), ("OR-2", "P2")], {("P1", "FHIR"): [booking]})
    store.put_prepared("P1", "v1", {"case": b"1"})
    store.checklists.replace("OR-1", 0, 1, msgspec.msgpack.encode({"patient_id": "P1"}))
    refuse(store)
    look(store)
    assert store.delete_patient("P1") == 1
    assert store.patient("P1") is None
    assert store.rooms() == {"OR-2": "P2"}
    assert (store.bookings(), store.refusals.all(), store.instances("P1")) == ((), (), ())
    assert store.prepared("P1", "case") is None
    assert store.checklists.get("OR-1") is None
    assert files(tmp_path) == [store.instances("P2")[0].sha256[2:]]
    left = b"".join(file.read_bytes() for file in tmp_path.glob("store.sqlite*"))
    assert b"1970-01-02" not in left
    assert store.audit.verify().entries == 1


def test_a_deletion_cut_short_is_finished_by_the_next_start(store, tmp_path, monkeypatch):
    store.add([JANE], [instance(store, "a")])
    monkeypatch.setattr(Store, "remove_doomed", lambda _self: None)
    store.delete_patient("P1")
    monkeypatch.undo()
    assert files(tmp_path) != []
    with closing(Store(tmp_path)) as again:
        again.remove_doomed()
    assert files(tmp_path) == []


def test_what_is_imported_again_is_not_removed_by_an_earlier_deletion(store, monkeypatch):
    kept = instance(store, "a")
    store.add([JANE], [kept])
    monkeypatch.setattr(Store, "remove_doomed", lambda _self: None)
    store.delete_patient("P1")
    monkeypatch.undo()
    store.add([JANE], [kept])
    store.remove_doomed()
    assert store.objects.get(kept.sha256) == b"a"


def test_an_object_whose_file_is_gone_is_never_acknowledged(store, tmp_path):
    gone = instance(store, "a")
    (tmp_path / store.objects.relative(gone.sha256)).unlink()
    with pytest.raises(StoreUnavailable):
        store.add([JANE], [gone])
    assert store.patient("P1") is None


def test_a_newer_record_of_a_source_replaces_its_bookings(store):
    def booking(source, room):
        return StoredBooking("P1", source, room, None, None, None)

    store.add([JANE], [], (), {("P1", "FHIR"): [booking("FHIR", "OR-1")]})
    store.add([JANE], [], (), {("P1", "HIS"): [booking("HIS", "OR-2")]})
    store.add([JANE], [], (), {("P1", "FHIR"): [booking("FHIR", "OR-3")]})
    assert [one.room for one in store.bookings()] == ["OR-2", "OR-3"]
    store.add([JANE], [], (), {("P1", "HIS"): []})
    assert [one.room for one in store.bookings()] == ["OR-3"]


def test_a_refusal_is_an_alarm_until_somebody_settles_it(store):
    kept = refuse(store)
    refuse(store)
    assert kept.read_bytes() == b"conflict"
    assert "another birth date" in kept.with_suffix(".reason").read_text()
    (alarm,) = store.refusals.alarms("P1")
    assert store.refusals.settle(alarm.number, "anna").settled_by == "anna"
    assert store.refusals.alarms("P1") == ()
    assert len(store.refusals.all()) == 1
    with pytest.raises(OrRobotError, match="info refused"):
        store.refusals.settle(99, "anna")
