from __future__ import annotations

import socket

from npc_sdk.bench.wire.strangers import CROWD, Strangers


def test_they_come_and_go() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
        port = server.getsockname()[1]
        strangers = Strangers((f"tcp://127.0.0.1:{port}",), seed=1)
        for _ in range(20):
            strangers.knock()
        strangers.crowd()
        assert strangers.visits == 20 + CROWD
        strangers.close()


def test_a_port_that_is_shut_is_no_trouble() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    strangers = Strangers((f"tcp://127.0.0.1:{port}",), seed=1)
    strangers.knock()
    assert strangers.visits == 0
