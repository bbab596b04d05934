"""What the tests of the wire share; modules beside this file can be imported by them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts hosts in this process, with an engine without a model; they are stopped after the test."""
    from hosting import make_host

    opened: list[Any] = []

    def start(engine: Any = None, *, folder: Path = tmp_path, **settings: Any) -> Any:
        host = make_host(folder, engine, **settings)
        opened.append(host)
        host.start()
        return host

    yield start
    for host in opened:
        host.stop(drain_ms=0)


@pytest.fixture
def join() -> Iterator[Callable[..., Any]]:
    """Connects clients of bare sockets; they are closed after the test."""
    from raw_client import RawClient

    joined: list[Any] = []

    def connect(host: Any, **options: Any) -> Any:
        joined.append(RawClient(host.connection, **options))
        return joined[-1]

    yield connect
    for client in joined:
        client.close()


@pytest.fixture
def pace() -> Iterator[Callable[..., Any]]:
    """Makes engines that need 50 ms for a word."""
    from hosting import slow_engine

    made: list[Any] = []

    def make(**options: Any) -> Any:
        engine, pace = slow_engine(**options)
        made.append(pace)
        return engine

    yield make
    for pace in made:
        pace.close()
