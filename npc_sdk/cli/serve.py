"""``npc serve``: a host for games in other processes."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npc_sdk.cli.options import MODEL_HELP

if TYPE_CHECKING:
    from npc_sdk.wire.host_settings import HostConfiguration
    from npc_sdk.wire.tap import Tap


ModelArgument = Annotated[str | None, typer.Argument(metavar="[MODEL]", help=MODEL_HELP, show_default="starter")]
EndpointOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Where to listen.", show_default="tcp://127.0.0.1:*, free ports"),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Settings in TOML: tables host, runtime and limits.", show_default="npc.toml"),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="What the host keeps: characters and parked states.", show_default=False),
]
ConnectionFileOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where to write how to connect.", show_default="in the user's runtime folder"),
]
EngineOption = Annotated[
    str | None, typer.Option(metavar="process|thread", help="Where llama.cpp runs.", show_default="process")
]
ParentOption = Annotated[
    int | None,
    typer.Option(min=1, metavar="PID", help="Stop when this process has ended.", show_default=False),
]
LogJsonOption = Annotated[bool, typer.Option("--log-json", help="Log in lines of JSON.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]
RecordOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write down every message, for npc replay.", show_default=False),
]
TraceOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a trace for Perfetto.", show_default=False)
]
MetricsPortOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        metavar="PORT",
        help="Answer Prometheus on 127.0.0.1; 0 takes a free port.",
        show_default=False,
    ),
]


def serve(
    model: ModelArgument = None,
    endpoint: EndpointOption = None,
    config: ConfigOption = None,
    folder: FolderOption = None,
    connection_file: ConnectionFileOption = None,
    engine: EngineOption = None,
    parent_pid: ParentOption = None,
    log_json: LogJsonOption = False,
    verbose: VerboseOption = False,
    record: RecordOption = None,
    trace: TraceOption = None,
    metrics_port: MetricsPortOption = None,
) -> None:
    """Run characters for games in other processes, until Ctrl-C. Prints a line of JSON when it is ready."""
    from npc_sdk.wire.host import Host
    from npc_sdk.wire.json_log import set_up_logging
    from npc_sdk.wire.serve import run_host

    set_up_logging(as_json=log_json, level=logging.DEBUG if verbose else logging.INFO)
    given = {"model": model, "endpoint": endpoint, "engine": engine, "folder": _text(folder)}

    def make() -> Host:
        configuration = _configuration(config, **given, connection_file=_text(connection_file))
        if record is not None:
            configuration = _seeded(configuration)
        if parent_pid is not None:
            _stand_back(configuration)
        return Host(configuration, taps=_taps(record, trace, metrics_port))

    run_host(make, parent_pid=parent_pid)


def _stand_back(configuration: HostConfiguration) -> None:
    """Let the game that started this host have a core first, where both need the CPU."""
    from npc_sdk.engine.priority import HOST_NICENESS, stand_back
    from npc_sdk.runtime.planning import has_gpu

    if configuration.runtime.background and not has_gpu(configuration.runtime):
        stand_back(HOST_NICENESS)


def _configuration(file: Path | None, **arguments: Any) -> HostConfiguration:
    from npc_sdk.wire.host_settings import HostConfiguration

    beside = Path("npc.toml")
    return HostConfiguration.load(file or (beside if beside.is_file() else None), **arguments)


def _seeded(configuration: HostConfiguration) -> HostConfiguration:
    """Return settings with a seed that a recording can name, so that a model can be run with it again."""
    from npc_sdk.runtime.seed import fresh_seed

    seed = configuration.runtime.seed
    runtime = replace(configuration.runtime, seed=fresh_seed() if seed is None else seed)
    return replace(configuration, runtime=runtime)


def _taps(record: Path | None, trace: Path | None, metrics_port: int | None) -> tuple[Tap, ...]:
    from npc_sdk.wire.tap import open_taps

    return open_taps(record=record, trace=trace, metrics_port=metrics_port)


def _text(path: Path | None) -> str | None:
    return None if path is None else os.fspath(path)
