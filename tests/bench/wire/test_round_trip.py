from __future__ import annotations

from npc_sdk.bench.wire.echo import Echo


def test_the_echo_answers_and_sends_at_its_own_pace() -> None:
    echo = Echo()
    try:
        assert echo.round_trip_us(b"x" * 100) > 0.0
        hops = echo.hops_us(5, 2.0)
        assert len(hops) == 5 and all(0.0 <= hop < 5e6 for hop in hops)
        assert echo.round_trip_us(b"x") > 0.0
    finally:
        echo.close()
