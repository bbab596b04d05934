from __future__ import annotations

import signal
import threading
import time

import pytest

from npc_sdk.cli.interrupt import cancelling


class _Turn:
    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def cancel(self) -> None:
        self.cancelled.set()


def test_the_first_one_cancels_and_the_second_one_leaves() -> None:
    turn = _Turn()
    before = signal.getsignal(signal.SIGINT)
    with cancelling(turn) as pressed:
        signal.raise_signal(signal.SIGINT)
        assert turn.cancelled.wait(5)
        assert pressed.count == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_cancel_that_blocks_does_not_block_the_chat() -> None:
    lock = threading.Lock()

    class Locked(_Turn):
        def cancel(self) -> None:
            with lock:
                super().cancel()

    turn = Locked()
    with lock, cancelling(turn):
        started = time.monotonic()
        signal.raise_signal(signal.SIGINT)
        assert time.monotonic() - started < 1
    assert turn.cancelled.wait(5)


def test_other_threads_leave_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def talk() -> None:
        with cancelling(_Turn()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=talk)
    thread.start()
    thread.join()
    assert seen == [before]
