"""Makes the stand-ins of this folder importable for its tests, and gives them a driver."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_driver import FakeDriver


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    """A driver without cards; the real binding talks to it until the test ends."""
    fake = FakeDriver()
    fake.install(monkeypatch)
    return fake
