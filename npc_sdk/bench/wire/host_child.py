"""A host with an engine without a model, in a process of its own; lines of JSON on its standard input trouble it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from npc_sdk.bench.wire.clock import JumpingClock, move_wall_clock
from npc_sdk.bench.wire.engine import StampedEngine
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings
from npc_sdk.wire.json_log import set_up_logging
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.serve import run_host
from npc_sdk.wire.tap import open_taps


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("options", type=json.loads)
    options: dict[str, Any] = parser.parse_args().options
    set_up_logging(as_json=True)
    clock = JumpingClock()
    record = options.get("record")
    run_host(lambda: _host(options, clock, record), parent_pid=os.getppid())


def _host(options: dict[str, Any], clock: JumpingClock, record: str | None) -> Host:
    configuration = HostConfiguration(
        host=HostSettings(drain_ms=200, **options["host"]), limits=Limits(**options.get("limits", {}))
    )
    host = Host(
        configuration,
        engine=StampedEngine(**options["engine"]),
        taps=open_taps(record=None if record is None else Path(record)),
        now_ms=clock.now_ms,
        clock=clock,
    )
    commands: dict[str, Callable[[Any], None]] = {
        "jump": lambda ms: _jump(host, clock, ms),
        "wall": move_wall_clock,
        "fill": _fill,
    }
    threading.Thread(target=_listen, args=(commands,), daemon=True).start()
    return host


def _listen(commands: dict[str, Callable[[Any], None]]) -> None:
    for line in sys.stdin:
        for name, argument in json.loads(line).items():
            commands[name](argument)


def _jump(host: Host, clock: JumpingClock, ms: float) -> None:
    clock.jump(ms)
    host.wake()


def _fill(file: str) -> None:
    """Have every further byte for an open file meet a full disk."""
    full = os.open("/dev/full", os.O_WRONLY)
    for name in os.listdir("/proc/self/fd"):
        try:
            is_it = os.readlink(f"/proc/self/fd/{name}") == file
        except OSError:
            continue
        if is_it:
            os.dup2(full, int(name))
    os.close(full)


if __name__ == "__main__":
    main()
