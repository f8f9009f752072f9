"""Our DVH figures against those that dicompyler-core gave (scripts/compare_dvh.py)."""

import json
from pathlib import Path

import compare_dvh
import pytest

FIGURES = json.loads(Path(compare_dvh.FIGURES).read_text())
LARGE_CM3 = 5.0
PAIRS = {"committed case": compare_dvh.committed_case, "spheres": compare_dvh.phantom}


@pytest.mark.parametrize("name", PAIRS)
def test_figures_agree_with_dicompyler_core(name):
    """From 5 cm³ up within 1 % of the maximum dose, below within 3 %."""
    stored = FIGURES[name]
    found = compare_dvh.deviations(
        compare_dvh.ours(*PAIRS[name]()), stored["dicompyler_core"], stored["max_dose_gy"]
    )
    assert set(found) == set(stored["dicompyler_core"])
    for structure, one in found.items():
        allowed = 1.0 if one["volume_cm3"] >= LARGE_CM3 else 3.0
        assert one["deviation_percent"] <= allowed, structure
