"""A bare ROUTER that sends back what it gets, in a process of its own: what everything else is held against."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import zmq

from npc_sdk.bench.wire.stamp import now_us
from npc_sdk.errors import DeadlineError

WAIT_MS = 10_000
PULSE = b"pulse"


class Echo:
    """The echo, and a DEALER that is connected to it. Not thread safe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "npc_sdk.bench.wire.echo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._dealer = self._context.socket(zmq.DEALER)
        self._dealer.setsockopt(zmq.LINGER, 0)
        stdout = self._process.stdout
        self._dealer.connect("" if stdout is None else stdout.readline().strip())

    def round_trip_us(self, body: bytes) -> float:
        """Return how long a message takes there and back.

        Raises:
            DeadlineError: It does not come back.
        """
        began = time.perf_counter()
        self._dealer.send_multipart([b"NPC/1", body])
        if not self._dealer.poll(WAIT_MS):
            raise DeadlineError("The echo does not answer.", code="bench_stuck")
        self._dealer.recv_multipart()
        return (time.perf_counter() - began) * 1e6

    def hops_us(self, count: int, every_ms: float) -> list[float]:
        """Return how long messages take one way that the other side sends at a steady pace.

        Args:
            count: How many.
            every_ms: The time between them.

        Raises:
            DeadlineError: They do not come.
        """
        hops: list[float] = []
        self._dealer.send_multipart([PULSE, f"{count} {every_ms}".encode()])
        for _ in range(count):
            if not self._dealer.poll(WAIT_MS):
                raise DeadlineError("The echo does not answer.", code="bench_stuck")
            born_us = int(self._dealer.recv_multipart()[1])
            hops.append(now_us() - born_us)
        return hops

    def close(self) -> None:
        """End it."""
        self._dealer.close()
        self._context.term()
        self._process.communicate()


def main() -> None:
    """Send everything back until standard input ends."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.bind("tcp://127.0.0.1:*")
    sys.stdout.write(router.getsockopt_string(zmq.LAST_ENDPOINT) + "\n")
    sys.stdout.flush()
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    while sys.stdin.fileno() not in (ready := dict(poller.poll())):
        if router in ready:
            route, tag, body = router.recv_multipart()
            if tag == PULSE:
                _pulse(router, route, *body.decode().split())
            else:
                router.send_multipart([route, tag, body])
    router.close(linger=0)
    context.term()


def _pulse(router: zmq.Socket[bytes], route: bytes, count: str, every_ms: str) -> None:
    for _ in range(int(count)):
        time.sleep(float(every_ms) / 1000.0)
        router.send_multipart([route, PULSE, str(now_us()).encode()])


if __name__ == "__main__":
    main()
