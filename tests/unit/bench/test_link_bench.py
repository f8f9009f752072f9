import json

import msgspec
import pytest
from typer.testing import CliRunner

from or_robot.bench import link, link_peers
from or_robot.bench.link_peers import ECHO, OURS, PEERS, RAW, Bench, ask_both, makers_of
from or_robot.types.clinical import KeyImage, ProtonCard, RoomCase

CARD = ProtonCard(
    patient_id="SIM0001",
    version="v1",
    plan_uid="1.2",
    label="SkullBase_PBS",
    name=None,
    approval=None,
    intent=None,
    machine=None,
    patient_position=None,
    prescription=None,
    fractions_planned=35,
    fractions_delivered=12,
    last_fraction_date="2026-01-22",
    beams=(),
    structures=(),
    dose_type=None,
    dose_unit="Gy(RBE)",
    max_dose_gy=None,
    dose_views=(),
    warnings=(),
)
IMAGE = KeyImage(
    patient_id="SIM0001",
    version="v1",
    view="planned",
    view_label="PLANNED (35 fx)",
    orientation="axial",
    index=0,
    index_range=(0, 0),
    prepared_range=(0, 0),
    slice_position_mm=0.0,
    media_type="image/jpeg",
    data=bytes(range(256)),
    caption="",
)


class Answers:
    made = 0

    def __init__(self, bench):
        pass

    def card(self):
        return RoomCase("OR-1", "v1", None, (CARD,), None)

    def image(self):
        Answers.made += 1
        return IMAGE


@pytest.mark.parametrize("codec", [msgspec.msgpack, msgspec.json], ids=["msgpack", "json"])
@pytest.mark.parametrize("same_work", [False, True])
def test_every_contender_decodes_the_same_objects(monkeypatch, tmp_path, codec, same_work):
    monkeypatch.setattr(link_peers, "Answers", Answers)
    Answers.made = 0
    makers = makers_of(Bench(tmp_path, 1, same_work), codec.encode)
    for _ in range(3):
        assert ask_both(lambda what: makers[what](), codec.decode) == (CARD, IMAGE)
    assert Answers.made == (3 if same_work else 1)


def test_figures_have_the_agreed_keys(monkeypatch, tmp_path):
    def block(peers, home, same_work, rounds):
        times = {OURS: 0.3, ECHO: 0.25, RAW: 0.2}
        return [
            {
                "name": peer.name,
                "transport": peer.transport,
                "p50_ms": times.get(peer.name, 1.0),
                "p99_ms": 2.0,
                "rounds": rounds,
            }
            for peer in peers
        ]

    monkeypatch.setattr(link, "_block", block)
    monkeypatch.setattr(link, "_import_case", lambda _home: None)
    file = tmp_path / "link.json"
    result = CliRunner().invoke(
        link.app, ["--json", str(file), "--stops", "0", "--plot", str(tmp_path / "link.svg")]
    )
    assert result.exit_code == 0, result.output
    figures = json.loads(file.read_text())
    assert (figures["ratio_raw"], figures["ratio_raw_answer"]) == (1.2, 1.5)
    assert figures["versions"].keys() >= {"pyzmq", "libzmq", "flask"}
    assert "p99" in (tmp_path / "link.svg").read_text()
    for name in ("prepared", "same_work"):
        assert {row["name"] for row in figures[name]} >= {peer.name for peer in PEERS}
        assert all({"p50_ms", "p99_ms"} <= row.keys() for row in figures[name])
