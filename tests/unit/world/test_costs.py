import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import distance_transform_edt

from or_robot.types.costmap import INSCRIBED, LETHAL, NO_INFORMATION
from or_robot.world.costs import distance_to_lethal, inflate, to_occupancy

MASKS = arrays(np.bool_, (24, 31), elements=st.booleans(), fill=st.just(False))


@given(MASKS)
@settings(max_examples=30, deadline=None)
def test_cost_never_falls_towards_an_obstacle(lethal: np.ndarray) -> None:
    costs = inflate(lethal, 0.05, 0.2, 0.6, 4.0)
    distance = distance_to_lethal(lethal, 0.05)
    order = np.argsort(distance, axis=None)
    assert (np.diff(costs.ravel()[order].astype(int)) <= 0).all()
    assert (costs[lethal] == LETHAL).all()
    assert (costs[~lethal] < LETHAL).all()
    assert (costs[(distance <= 0.2) & ~lethal] == INSCRIBED).all()
    assert (costs[distance > 0.6] == 0).all()


@given(MASKS.filter(lambda mask: mask.any()))
@settings(max_examples=30, deadline=None)
def test_distance_is_the_exact_one(lethal: np.ndarray) -> None:
    exact = distance_transform_edt(~lethal) * 0.05
    np.testing.assert_allclose(distance_to_lethal(lethal, 0.05), exact, atol=1e-4)


def test_occupancy_values_as_nav2_has_them() -> None:
    costs = np.array([[0, 1, 252, INSCRIBED, LETHAL, NO_INFORMATION]], dtype=np.uint8)
    assert to_occupancy(costs).tolist() == [[0, 1, 98, 99, 100, -1]]
    rising = to_occupancy(np.arange(NO_INFORMATION, dtype=np.uint8))
    assert (np.diff(rising) >= 0).all()
