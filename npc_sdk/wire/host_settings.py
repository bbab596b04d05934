"""What a host is set up with: an argument beats the environment, that beats ``npc.toml``, that beats the default."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from typing_extensions import Self

from npc_sdk.errors import RequestError
from npc_sdk.runtime import RuntimeSettings
from npc_sdk.wire.endpoint import DEFAULT_ENDPOINT
from npc_sdk.wire.limits import Limits

ENVIRONMENT_PREFIX: Final = "NPC_HOST_"
TABLES: Final = ("host", "runtime", "limits")
MAXIMUM_FILE_BYTES: Final = 1_048_576
_ENGINES: Final = ("process", "thread")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """How a host runs; the table ``[host]`` of ``npc.toml``.

    Args:
        model: A name from the catalog, or the path of a GGUF file.
        engine: ``process`` runs the model in a process of its own, ``thread`` in the host's.
        endpoint: Where to listen; ``*`` takes free ports.
        connection_file: Where to write how to connect; None takes the user's runtime folder.
        folder: What the host keeps: characters, and what must survive a crash of the engine. None takes the user's
            data folder.
        is_kept: Whether characters are kept for the next start.
        personas: Folder of persona files that clients may name; None offers none.
        worlds: Folder of world files that clients may name; None offers none.
        world: The setting of characters that name none: a shipped world, or a name in ``worlds``.
        is_encrypted: Whether connections from this machine need a key too; all others always do.
        keys: Folder of keys; None takes the user's.
        has_telemetry: Whether figures are published.
        max_sessions: Most clients at once.
        drain_ms: How long a stop waits for turns that run.

    Raises:
        RequestError: A value has the wrong type or is out of range (``bad_setting``).
    """

    model: str = "starter"
    engine: Literal["process", "thread"] = "process"
    endpoint: str = DEFAULT_ENDPOINT
    connection_file: str | None = None
    folder: str | None = None
    is_kept: bool = True
    personas: str | None = None
    worlds: str | None = None
    world: str | None = None
    is_encrypted: bool = False
    keys: str | None = None
    has_telemetry: bool = True
    max_sessions: int = 64
    drain_ms: int = 5000

    def __post_init__(self) -> None:
        for each in fields(self):
            _check(each.name, getattr(self, each.name), each.default)
        if self.engine not in _ENGINES:
            raise _bad_value("engine", self.engine, " or ".join(_ENGINES))

    def path(self) -> Path:
        """Return the folder of the host."""
        if self.folder is not None:
            return Path(self.folder)
        import platformdirs

        return Path(platformdirs.user_data_dir("npc-sdk", appauthor=False)) / "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfiguration:
    """Everything that ``npc.toml`` may say.

    Args:
        host: The table ``[host]``.
        runtime: The table ``[runtime]``.
        limits: The table ``[limits]``.
    """

    host: HostSettings = field(default_factory=HostSettings)
    runtime: RuntimeSettings = field(default_factory=RuntimeSettings)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def load(
        cls, file: str | Path | None = None, *, environment: Mapping[str, str] | None = None, **arguments: Any
    ) -> Self:
        """Put settings together from all places.

        Args:
            file: A TOML file with the tables ``host``, ``runtime`` and ``limits``; None reads none.
            environment: Variables such as ``NPC_HOST_ENDPOINT`` and ``NPC_SLOTS``; None takes those of this process.
            **arguments: Settings of the host by name; None means not given.

        Raises:
            RequestError: A name is unknown (``unknown_setting``), a value cannot be used (``bad_setting``,
                ``bad_limit``), or the file cannot be read (``bad_settings_file``).
        """
        variables = os.environ if environment is None else environment
        tables = {} if file is None else _tables(Path(file))
        host = _checked(tables.get("host", {}), _names(HostSettings), f"in {file}")
        host.update(_from_environment(variables))
        given = {name: value for name, value in arguments.items() if value is not None}
        host.update(_checked(given, _names(HostSettings), "argument"))
        limits = Limits(**_checked(tables.get("limits", {}), _names(Limits), f"in {file}"))
        limits.require_served()
        return cls(
            host=HostSettings(**host),
            runtime=RuntimeSettings.load(environment=variables, table=tables.get("runtime")),
            limits=limits,
        )


def _names(settings: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(settings))


def _checked(values: Mapping[str, Any], names: tuple[str, ...], place: str) -> dict[str, Any]:
    for name in values:
        if name in names:
            continue
        near = difflib.get_close_matches(name, names, n=1)
        raise RequestError(
            f"There is no setting {name!r} ({place}).",
            f"Did you mean {near[0]!r}?" if near else f"Settings are: {', '.join(names)}.",
            code="unknown_setting",
            setting=name,
        )
    return dict(values)


def _tables(file: Path) -> dict[str, dict[str, Any]]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    try:
        tables: dict[str, Any] = tomllib.loads(_content(file))
    except OSError as error:
        raise _bad_file(file, error.strerror or str(error), "Name a file that is there and can be read.") from error
    except (ValueError, RecursionError) as error:
        raise _bad_file(file, str(error)) from error
    for name, table in tables.items():
        if name not in TABLES or not isinstance(table, dict):
            raise _bad_file(file, f"{name!r} is none of its tables")
    return tables


def _content(file: Path) -> str:
    with file.open("rb") as stream:
        # Not all at once: a device has no end.
        content = stream.read(MAXIMUM_FILE_BYTES + 1)
    if len(content) > MAXIMUM_FILE_BYTES:
        raise ValueError(f"it has more than {MAXIMUM_FILE_BYTES} bytes")
    return content.decode("utf-8")


def _bad_file(file: Path, reason: str, next_step: str = "") -> RequestError:
    return RequestError(
        f"The settings file {file} cannot be read: {reason}.",
        next_step or f"Write the tables {', '.join(f'[{name}]' for name in TABLES)} in TOML.",
        code="bad_settings_file",
        file=str(file),
    )


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if variable.startswith(ENVIRONMENT_PREFIX):
            name = variable[len(ENVIRONMENT_PREFIX) :].lower()
            _checked({name: text}, _names(HostSettings), f"in the environment as {variable}")
            values[name] = _parsed(name, text)
    return values


def _parsed(name: str, text: str) -> Any:
    default = next(each.default for each in fields(HostSettings) if each.name == name)
    if isinstance(default, bool):
        if text.lower() not in ("0", "1", "true", "false"):
            raise _bad_value(name, text, "1, 0, true or false")
        return text.lower() in ("1", "true")
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise _bad_value(name, text, "a whole number") from None
    return text


def _check(name: str, value: object, default: object) -> None:
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise _bad_value(name, value, "true or false")
    elif isinstance(default, int):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1 << 31:
            raise _bad_value(name, value, "a whole number from 0 on")
    elif not isinstance(value, str) and (value is not None or default is not None):
        raise _bad_value(name, value, "a text")


def _bad_value(name: str, value: object, wanted: str) -> RequestError:
    return RequestError(
        f"The setting {name} is {value!r:.200}.", f"Use {wanted}.", code="bad_setting", setting=name, wanted=wanted
    )
