import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hallpass import Hallpass

ADDRESSES: list[str] = json.loads(
    (Path(__file__).parents[1] / "addresses.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def hallpass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hallpass]:
    """One server for the tests of a client, whose clock they move."""
    folder = tmp_path_factory.mktemp("hallpass")
    with Hallpass(folder, "hs256", manual_clock=True) as server:
        yield server


@pytest.fixture(params=ADDRESSES)
def address(request: pytest.FixtureRequest) -> str:
    return str(request.param)
