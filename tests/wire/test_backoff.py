"""Pauses double up to a limit, and differ from client to client."""

from __future__ import annotations

from npc_sdk.wire.backoff import Backoff


def test_pauses_double_up_to_a_limit() -> None:
    backoff = Backoff(first_ms=100, limit_ms=400, seed=1)
    pauses = [backoff.next_ms() for _ in range(50)]
    for pause, nominal in zip(pauses, [100, 200, 400, 400], strict=False):
        assert 0.75 * nominal <= pause <= 1.25 * nominal
    assert all(300 <= pause <= 500 for pause in pauses[2:])


def test_pauses_differ_between_clients_and_not_between_runs() -> None:
    def pauses(seed: int) -> list[float]:
        backoff = Backoff(first_ms=100, limit_ms=400, seed=seed)
        return [backoff.next_ms() for _ in range(5)]

    assert pauses(1) == pauses(1) != pauses(2)


def test_reset_begins_again() -> None:
    backoff = Backoff(first_ms=100, limit_ms=6400, seed=1)
    for _ in range(5):
        backoff.next_ms()
    backoff.reset()
    assert backoff.next_ms() <= 125
