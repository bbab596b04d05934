from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import zmq

from npc_sdk.wire.address import HostAddress
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.link import Link
from npc_sdk.wire.sockets import Waker


class Echo:
    """Two ROUTERs, as a host has them."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self.routers = [context.socket(zmq.ROUTER), context.socket(zmq.ROUTER)]
        self.ports = [router.bind_to_random_port("tcp://127.0.0.1") for router in self.routers]

    @property
    def address(self) -> HostAddress:
        requests, control = (f"tcp://127.0.0.1:{port}" for port in self.ports)
        return HostAddress(requests=requests, control=control)

    def close(self) -> None:
        for router in self.routers:
            router.close(0)


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    """A context that is empty again after the test."""
    with zmq.Context() as made:
        yield made


@pytest.fixture
def waker() -> Iterator[Waker]:
    """A waker that is closed after the test."""
    made = Waker()
    yield made
    made.close()


@pytest.fixture
def echo(context: zmq.Context[zmq.Socket[bytes]]) -> Iterator[Echo]:
    """A host of bare sockets."""
    made = Echo(context)
    yield made
    made.close()


@pytest.fixture
def link(context: zmq.Context[zmq.Socket[bytes]], echo: Echo, waker: Waker) -> Iterator[Link]:
    """A link to it."""
    made = Link(context, echo.address, waker)
    yield made
    made.close()
    made.close()


def until(is_done: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 5
    while not is_done():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_both_channels(link: Link, echo: Echo) -> None:
    assert link.send("requests", [b"a", b"b"])
    assert link.send("control", [b"c"])
    for router in echo.routers:
        router.send_multipart(router.recv_multipart())
    got: list[object] = []
    until(lambda: link.wait(0) and bool(got.extend(link.receive(9)) or len(got) == 2))
    assert sorted(got) == [("control", [b"c"]), ("requests", [b"a", b"b"])]  # type: ignore[type-var]
    assert link.cut is None
    assert not link.wait(0)


def test_a_limit_for_each_look(link: Link, echo: Echo) -> None:
    link.send("requests", [b"hello"])
    route = echo.routers[0].recv_multipart()[0]
    for number in range(5):
        echo.routers[0].send_multipart([route, b"%d" % number])
    got: list[list[bytes]] = []

    def look() -> bool:
        link.wait(0)
        looked = [frames for _, frames in link.receive(3)]
        assert len(looked) <= 3
        got.extend(looked)
        return len(got) == 5

    until(look)
    assert got == [[b"0"], [b"1"], [b"2"], [b"3"], [b"4"]]


def test_a_cut(link: Link, echo: Echo) -> None:
    link.send("requests", [b"hello"])
    echo.routers[0].recv_multipart()
    echo.routers[1].close(0)
    until(lambda: link.wait(50) and link.cut == "gone")


def test_what_came_before_the_cut(link: Link, echo: Echo) -> None:
    link.send("requests", [b"hello"])
    route = echo.routers[0].recv_multipart()[0]
    for number in range(50):
        echo.routers[0].send_multipart([route, b"%d" % number])
    echo.routers[0].close(1000)
    time.sleep(0.2)
    until(lambda: link.wait(50) and link.cut == "gone")
    assert len(list(link.receive(100))) == 50


def test_nobody_there(context: zmq.Context[zmq.Socket[bytes]], waker: Waker) -> None:
    address = HostAddress(requests="tcp://127.0.0.1:9", control="tcp://127.0.0.1:9")
    made = Link(context, address, waker)
    until(lambda: made.wait(50) and made.cut == "gone")
    made.close()


def test_keys_that_the_host_does_not_know(context: zmq.Context[zmq.Socket[bytes]], echo: Echo, waker: Waker) -> None:
    server = KeyPair.fresh()
    zap = context.socket(zmq.REP)
    zap.bind("inproc://zeromq.zap.01")
    router = context.socket(zmq.ROUTER)
    router.curve_server, router.curve_secretkey = True, server.secret.encode()
    port = router.bind_to_random_port("tcp://127.0.0.1")
    place = f"tcp://127.0.0.1:{port}"
    made = Link(context, HostAddress(requests=place, control=place, server_key=server.public), waker)
    for _ in range(2):
        version, request, *_ = zap.recv_multipart()
        zap.send_multipart([version, request, b"400", b"no", b"", b""])
    until(lambda: made.wait(50) and made.cut == "refused")
    made.close()
    router.close(0)
    zap.close(0)


def test_it_is_woken(link: Link, waker: Waker) -> None:
    threading.Timer(0.05, waker.wake).start()
    begun_s = time.monotonic()
    assert link.wait(5000)
    assert time.monotonic() - begun_s < 2
    assert not link.wait(0)
