from __future__ import annotations

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.wire.endpoint import DEFAULT_ENDPOINT, Endpoint, read_endpoint


@pytest.mark.parametrize(
    ("text", "endpoint", "is_loopback"),
    [
        (DEFAULT_ENDPOINT, Endpoint("127.0.0.1", None), True),
        ("tcp://127.8.8.8:7000", Endpoint("127.8.8.8", 7000), True),
        ("tcp://localhost:0", Endpoint("127.0.0.1", None), True),
        ("tcp://[::1]:*", Endpoint("[::1]", None), True),
        ("tcp://0.0.0.0:7000", Endpoint("0.0.0.0", 7000), False),
        ("tcp://*:7000", Endpoint("*", 7000), False),
        ("tcp://[::]:7000", Endpoint("[::]", 7000), False),
        ("tcp://192.168.1.5:65533", Endpoint("192.168.1.5", 65533), False),
    ],
)
def test_an_endpoint_is_read(text: str, endpoint: Endpoint, is_loopback: bool) -> None:
    assert read_endpoint(text) == endpoint
    assert endpoint.is_loopback is is_loopback


def test_three_ports_belong_together() -> None:
    assert [Endpoint("127.0.0.1", 7000).bound(offset) for offset in range(3)] == [
        "tcp://127.0.0.1:7000",
        "tcp://127.0.0.1:7001",
        "tcp://127.0.0.1:7002",
    ]
    assert Endpoint("[::1]", None).bound(2) == "tcp://[::1]:*"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:7000",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:70000",
        "tcp://127.0.0.1:65534",
        "tcp://example.org:7000",
        "tcp://eth0:7000",
        "tcp://127.0.0.1:7000;10.0.0.1:7000",
        "tcp://[::1:7000",
        "ipc:///tmp/socket",
        "inproc://x",
        "tcp://[fe80::1%eth0]:7000",
        "tcp://127.0.0.1:7000\n",
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_endpoint(text)
    assert caught.value.code == "bad_endpoint"
