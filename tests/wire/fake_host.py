"""``npc serve`` with an engine without a model, for tests of processes: takes the same arguments and a few more."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from hosting import slow_engine

from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration
from npc_sdk.wire.json_log import set_up_logging
from npc_sdk.wire.serve import run_host

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?")
    for option in ("--folder", "--config", "--connection-file", "--endpoint"):
        parser.add_argument(option)
    parser.add_argument("--parent-pid", type=int)
    parser.add_argument("--length", type=int, default=1)
    parser.add_argument("--words-per-s", type=float, default=20.0)
    parser.add_argument("--settings", type=json.loads, default={})
    chosen = parser.parse_args()
    set_up_logging(as_json=True)
    configuration = HostConfiguration.load(
        chosen.config, folder=chosen.folder, connection_file=chosen.connection_file, endpoint=chosen.endpoint
    )
    configuration = replace(configuration, host=replace(configuration.host, **chosen.settings))
    engine, pace = slow_engine(chosen.words_per_s / 1000.0, rule=lambda prompt: "One two three. " * chosen.length)
    run_host(lambda: Host(configuration, engine=engine), parent_pid=chosen.parent_pid)
    pace.close()
