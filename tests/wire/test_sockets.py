from __future__ import annotations

import selectors
from typing import Any

from npc_sdk.wire.sockets import Waker


def _is_awake(waker: Waker) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(waker, selectors.EVENT_READ)
        return bool(selector.select(0))


def test_one_wake_is_enough_until_it_is_cleared() -> None:
    waker = Waker()
    waker.wake()
    waker.wake()
    assert _is_awake(waker)
    waker.clear()
    assert not _is_awake(waker)
    waker.wake()
    assert _is_awake(waker)
    waker.close()


def test_a_wake_while_it_is_cleared_does_not_silence_the_next_one() -> None:
    waker = Waker()

    class Interrupted:
        """A reader during whose reading another thread wakes."""

        def __init__(self, reader: Any) -> None:
            self._reader = reader

        def recv(self, size: int) -> bytes:
            waker.wake()
            return bytes(self._reader.recv(size))

    real: Any = waker._reader
    waker.wake()
    waker._reader = Interrupted(real)  # type: ignore[assignment]
    waker.clear()
    waker._reader = real
    waker.wake()
    assert _is_awake(waker)
    waker.close()
