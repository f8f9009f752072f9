"""Damaged objects against every parser: `python scripts/fuzz_parsers.py --cases 100000`.

Each case is a sound object with a few random changes. A parser may give a type or an OrRobotError
with a remedy; anything else, or more than LIMIT_S, is a finding, kept in the folder for a test.
Goes on where it was interrupted: chunks that are done are noted in the folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Any

from or_robot.clinical.card import proton_card
from or_robot.clinical.course import courses
from or_robot.errors import OrRobotError
from or_robot.info.reading import looks_like_hl7, looks_like_json, read_record
from or_robot.share import share
from or_robot.sources.dicom import read_dicom
from or_robot.sources.hl7v2_message import acknowledgement
from or_robot.types.radiotherapy import IonPlan

CHUNK = 500
LIMIT_S = 10.0
HL7 = (
    "MSH|^~\\&|HIS|HOSP|OR|R|20260122180000+0900||ADT^A01|42|P|2.5||||||UNICODE UTF-8\r"
    "EVN|A01|20260122175900\r"
    "PID|1||99^^^X^NI~SIM0001^^^HOSP^MR||HONG^GILDONG^^^^^L^A~홍^길동^^^^^L^P||19600101|M\r"
    "PV1|1|I|OR^OR-1^1||||7^KIM^Min\rAL1|1|DA|70618^Penicillin|SV|Anaphylaxis|20200101\r"
    "OBX|1|NM|718-7^Hemoglobin^LN||13.2|g/dL|13-17|N|||F\r"
).encode()
WORDS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"SQ", b"UN", b"\xfe\xff\0\xe0", b"NaN", b"1e309", b"-1")


@cache
def corpus() -> list[bytes]:
    """Sound objects; the large ones seldom, because they take longest."""
    case = share("simulation", "cases", "skull_base_pbs")
    names = ["plan.dcm", "rec_01.dcm", "rec_12.dcm", "CT_030.dcm", "patient.fhir.json"]
    found = [(case / name).read_bytes() for name in names]
    bundle = json.loads(found[-1])
    small = [json.dumps({**bundle, "entry": bundle["entry"][:n]}).encode() for n in (1, 3, 5)]
    return [*found, *small, HL7, HL7, HL7, found[1], found[2]]


def mutated(rng: random.Random) -> bytes:
    whole = rng.choice(corpus())
    if looks_like_json(whole) and rng.random() < 0.6:
        return json.dumps(_other(json.loads(whole), rng)).encode()
    changed = bytearray(whole)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        _change(changed, rng)
    return bytes(changed)


def _change(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 2, 4, 32, 1000)))
    match rng.randrange(6):
        case 0:
            del data[at:]
        case 1:
            del data[at:end]
        case 2:
            data[at:at] = data[at:end]
        case 3:
            data[at:end] = rng.randbytes(end - at)
        case 4:
            data[at : at + 4] = rng.choice(WORDS)
        case 5:
            other = rng.choice(corpus())
            begin = rng.randrange(len(other))
            data[at:end] = other[begin : begin + 64]


def _other(value: Any, rng: random.Random) -> Any:
    """JSON with one part replaced, removed or doubled, somewhere."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: _other(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        if rng.random() < 0.1:
            return [*value, value[at]]
        return [*value[:at], _other(value[at], rng), *value[at + 1 :]]
    odd: list[Any] = [None, "", "x", -1, 1e308, True, [], {}, "\ud7a3", "9" * 400, [[[]]]]
    return rng.choice(odd)


def judge(data: bytes) -> str:
    """What became of a case: "read", "refused", or what is wrong with the parser."""
    begin = time.perf_counter()
    try:
        _parse(data)
        found = "read"
    except OrRobotError as error:
        found = "refused" if error.remedy else "no remedy"
    except BaseException as error:
        found = f"raised {type(error).__name__}"
    return found if time.perf_counter() - begin < LIMIT_S else "too slow"


def _parse(data: bytes) -> None:
    if looks_like_hl7(data):
        acknowledgement(data, "AA")
    if looks_like_json(data) or looks_like_hl7(data):
        read_record(data)
        return
    read = read_dicom(data)
    if isinstance(read, IonPlan):
        proton_card(courses([read])[0], read.header.identity.patient_id, "v")


def chunk(number: int, seed: int, folder: Path) -> Counter[str]:
    warnings.simplefilter("ignore")
    rng = random.Random(f"{seed}/{number}")  # noqa: S311
    told: Counter[str] = Counter()
    for case in range(CHUNK):
        data = mutated(rng)
        found = judge(data)
        told[found] += 1
        if found not in ("read", "refused"):
            (folder / f"{found.replace(' ', '-')}-{seed}-{number}-{case}").write_bytes(data)
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    log = given.folder / f"done-{given.seed}.jsonl"
    told: Counter[str] = Counter()
    done = set()
    with contextlib.suppress(FileNotFoundError):
        for line in log.read_text().splitlines():
            number, counts = json.loads(line)
            done.add(number)
            told.update(counts)
    wanted = [n for n in range(-(-given.cases // CHUNK)) if n not in done]
    with ProcessPoolExecutor(os.cpu_count()) as pool, log.open("a") as notes:
        running = {pool.submit(chunk, n, given.seed, given.folder): n for n in wanted}
        for count, future in enumerate(as_completed(running), 1):
            told.update(future.result())
            notes.write(json.dumps([running[future], dict(future.result())]) + "\n")
            notes.flush()
            print(f"\r{count}/{len(wanted)} {dict(told)}", end="", flush=True)
    findings = sum(told.values()) - told["read"] - told["refused"]
    figures = {"cases": sum(told.values()), "seed": given.seed, "findings": findings, **told}
    print(f"\n{json.dumps(figures)}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
