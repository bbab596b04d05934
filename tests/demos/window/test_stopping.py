from __future__ import annotations

import signal
import threading

import pytest

from demos.window.stopping import Stop, stopping


def test_a_signal_asks_and_a_second_one_does_not_wait() -> None:
    stop = Stop()
    stop.ask(signal.SIGTERM, None)
    assert stop.is_wanted and not stop.is_interrupt
    with pytest.raises(KeyboardInterrupt):
        stop.ask(signal.SIGINT, None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_taken_only_inside(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stopping() as stop:
        signal.raise_signal(number)
        assert stop.is_wanted and stop.is_interrupt == (number == signal.SIGINT)
    assert signal.getsignal(number) == before


def test_another_thread_leaves_signals_alone() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def run() -> None:
        with stopping() as stop:
            seen.append((stop.is_wanted, signal.getsignal(signal.SIGINT) == before))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [(False, True)]
