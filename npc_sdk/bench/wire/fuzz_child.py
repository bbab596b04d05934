"""Sends garbage to the cores, in a process of its own whose memory can be looked at."""

from __future__ import annotations

import gc
import json
import sys
import traceback
from typing import Any

import psutil

from npc_sdk.bench.wire.core_fuzz import HostUnderFuzz, PeerUnderFuzz

# Every so manieth message goes to the client's core.
PEER_EVERY = 10
WARM_SHARE = 0.2


def fuzz(messages: int, seed: int) -> dict[str, Any]:
    """Return how many messages of which kind were sent, what stumbled, and by which share memory grew.

    Args:
        messages: How many.
        seed: Makes them.
    """
    host, peer = HostUnderFuzz(seed), PeerUnderFuzz(seed + 1)
    stumbles: list[str] = []
    warm_bytes = 0
    for number in range(messages):
        try:
            (host if number % PEER_EVERY else peer).step()
        except Exception:
            stumbles.append(traceback.format_exc())
            host, peer = HostUnderFuzz(seed + number), PeerUnderFuzz(seed + number + 1)
        if number == int(messages * WARM_SHARE):
            warm_bytes = _resident_bytes()
    return {
        "kinds": host.kinds + peer.kinds,
        "stumbles": stumbles,
        "growth": _resident_bytes() / warm_bytes - 1 if warm_bytes else 0.0,
    }


def _resident_bytes() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fuzz(**json.loads(sys.argv[1]))) + "\n")
