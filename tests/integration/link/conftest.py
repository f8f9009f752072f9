import pytest
from link_rig import Link


@pytest.fixture
def link(tmp_path):
    made = Link(tmp_path)
    yield made
    made.close()
