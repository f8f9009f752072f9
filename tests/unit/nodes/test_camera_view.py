"""A camera message becomes a JPEG, or a named error."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import Image

from or_robot.errors import OrRobotError
from or_robot.nodes.camera_view import encode_picture


def message(rows=48, columns=64, encoding="rgb8", pad=0):
    pixels = np.zeros((rows, columns, 3), np.uint8)
    pixels[..., 0 if encoding == "rgb8" else 2] = 200  # red
    packed = np.pad(pixels.reshape(rows, 3 * columns), ((0, 0), (0, pad)))
    return Image(
        height=rows,
        width=columns,
        encoding=encoding,
        step=3 * columns + pad,
        data=packed.tobytes(),
    )


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8"])
@pytest.mark.parametrize("pad", [0, 5])
def test_red_stays_red_whatever_the_order_and_the_row_step(encoding, pad):
    picture = encode_picture(message(encoding=encoding, pad=pad), 0.0)
    decoded = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (48, 64, 3)
    assert np.abs(decoded.reshape(-1, 3).mean(axis=0) - (0, 0, 200)).max() < 6


def test_a_large_picture_is_made_smaller():
    picture = encode_picture(message(960, 1280), 0.0)
    assert (picture.width, picture.height) == (640, 480)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"encoding": "16UC1"}, "16UC1"),
        ({"data": b"123"}, "wrong size"),
        ({"height": 0}, "wrong size"),
        ({"step": 10}, "wrong size"),
    ],
)
def test_what_is_no_picture_is_named(change, problem):
    broken = message()
    for name, value in change.items():
        setattr(broken, name, value)
    with pytest.raises(OrRobotError, match=problem):
        encode_picture(broken, 0.0)
