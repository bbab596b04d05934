"""Writes the reference in docs/protocol.md and the JSON Schemas from the messages themselves.

``python docs/make_protocol.py`` writes, ``--check`` only compares.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import DIRECTIONS
from npc_sdk.wire.failures import CODES, LOCAL_CODES
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits

DOCS = Path(__file__).parent
BINDINGS = DOCS.parent / "bindings"
PAGE = DOCS / "protocol.md"
SCHEMAS = BINDINGS / "schemas" / "npc-1.json"

CHANNEL = {
    "to_host": "client → host, requests",
    "to_host_control": "client → host, control",
    "to_client": "host → client, requests",
    "to_client_control": "host → client, control",
    "telemetry": "host → everyone, telemetry",
}

# For each message: what answers it, its error codes beyond those of every message, and its place in the order.
Note = tuple[str, str, str]
TEXTS = "`text_empty`, `text_too_long`"
NPC = "`unknown_npc`, `despawned`"
ANY_TIME = "In the order of requests."
NOTES: dict[type[m.Message], Note] = {
    m.Hello: (
        "`welcome` or `refused`",
        "`bad_token`, `wrong_version`, `stale_attempt`, `too_many_sessions`, `closing`",
        "The first message of a connection on the requests channel.",
    ),
    m.Welcome: ("requests, and `attach` on the control channel", "", "Before all items of the session."),
    m.Refused: ("nothing; a client may try again later", "", "The connection stays unbound."),
    m.Attach: ("`attached` or `refused`", "`no_session`, `stale_attempt`", "After `welcome`, first on its channel."),
    m.Attached: ("nothing", "", "Before all answers on the control channel."),
    m.Bye: ("`session.ended` with the code `bye`", "", "Last; requests that run end without an item."),
    m.SessionEnded: ("nothing; `hello` opens another session, but not after `replaced`", "", "Last of the session."),
    m.NpcSpawn: (
        "`end` with [`npc`](#result-npc)",
        "`bad_persona`, `unknown_persona`, `unknown_world`, `no_persona_folder`, `no_world_folder`, `name_taken`, "
        "`bad_name`, `prompt_too_long`, `too_many_npcs`, `too_many_actions`, "
        "`unsupported_schema` and others of [actions](actions.md)",
        "Requests to the character may follow at once; they wait for it.",
    ),
    m.NpcSay: (
        "`event`s, then `end` with [`turn`](#result-turn)",
        f"{NPC}, {TEXTS}, `too_many_turns`, `closing`",
        "An earlier turn of this character ends as `interrupted`.",
    ),
    m.NpcDecide: (
        "`end` with [`decision`](#result-decision)",
        f"{NPC}, {TEXTS}, `bad_options`, `too_many_turns`, `closing`",
        "Beside a turn, which is not disturbed.",
    ),
    m.NpcObserve: ("`end` with [`done`](#result-done)", f"{NPC}, {TEXTS}", "Known to turns that are asked later."),
    m.NpcGreet: ("`end` with [`greeting`](#result-greeting)", NPC, ANY_TIME),
    m.NpcHeard: (
        "`end` with [`done`](#result-done)",
        f"{NPC}, `unknown_turn`",
        "Until the next turn of the character begins; the last report counts.",
    ),
    m.NpcResult: (
        "`end` with [`done`](#result-done)",
        f"{NPC}, `unknown_action`",
        "After the action event, while the turn runs or later.",
    ),
    m.NpcHistory: ("`end` with [`history`](#result-history)", NPC, ANY_TIME),
    m.NpcPark: ("`end` with [`done`](#result-done)", f"{NPC}, `npc_talking`", ANY_TIME),
    m.NpcDespawn: (
        "`end` with [`done`](#result-done)",
        "",
        "A running turn ends first, as `despawned`. For a character that is only kept, it removes what is kept.",
    ),
    m.WorldSet: (
        "`end` with [`done`](#result-done)",
        "`unknown_npc`, `bad_vocabulary`, `bad_tick`, `bad_name`",
        "Holds for turns that are asked later; values that are gone also drop actions of running turns.",
    ),
    m.BudgetReserve: ("`end` with [`done`](#result-done)", "", "The last one counts."),
    m.Event: ("`ack`, some time", "", "`seq` counts up by one within a request; requests are independent."),
    m.End: ("`ack`, some time", "", "Last item of its stream."),
    m.Error: ("`ack`, some time, when it has an id", "", "Last item of its stream."),
    m.Ack: ("nothing", "", "Any time; an ack that is lost is made up for by the next."),
    m.Cancel: ("nothing; the request's own `end`", "", "May overtake the request, which then ends when it arrives."),
    m.StatusAsk: ("`status.reply`", "", "Any time."),
    m.StatusReply: ("nothing", "", "In the order of the questions."),
    m.Frame: ("nothing", "", "The last one counts."),
    m.Ping: ("`pong` on the same channel", "", "Every `ping_ms` on each of both channels."),
    m.Pong: ("nothing", "", "After everything that was sent on this channel before the ping arrived."),
    m.Notice: ("nothing", "", "`seq` counts up within a session; not sent again."),
    m.Telemetry: ("nothing", "", "`seq` counts up; gaps are losses."),
}

SECTIONS: dict[str, tuple[type[m.Message], ...]] = {
    "Opening and ending a session": (m.Hello, m.Welcome, m.Refused, m.Attach, m.Attached, m.Bye, m.SessionEnded),
    "Requests": (
        m.NpcSpawn,
        m.NpcSay,
        m.NpcDecide,
        m.NpcObserve,
        m.NpcGreet,
        m.NpcHeard,
        m.NpcResult,
        m.NpcHistory,
        m.NpcPark,
        m.NpcDespawn,
        m.WorldSet,
        m.BudgetReserve,
    ),
    "Streams": (m.Event, m.End, m.Error, m.Ack),
    "Control": (m.Cancel, m.StatusAsk, m.StatusReply, m.Frame, m.Ping, m.Pong),
    "Notices and telemetry": (m.Notice, m.Telemetry),
}
EVENTS = (m.Speech, m.SpokenSentence, m.ActionEvent, m.ActionDroppedEvent)
RESULTS = (
    m.Done,
    m.TurnResult,
    m.DecisionResult,
    m.NpcResultBody,
    m.GreetingResult,
    m.HistoryResult,
)
PARTS = (m.Client, m.Host, m.StreamPoint, m.Receipt, m.Reference, m.Failure, m.Line, m.News)
UNITS = {"_ms": "milliseconds", "_bytes": "bytes", "mib": "mebibytes", "characters": "code points"}


def page(text: str) -> str:
    """Return the page with all generated blocks filled in.

    Args:
        text: The page as it is.
    """
    blocks = {"messages": _messages(), "limits": _limits(), "codes": _codes(CODES), "local codes": _codes(LOCAL_CODES)}
    for name, block in blocks.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda found, block=block: found[1] + block + found[2], text)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"docs/protocol.md has {count} blocks {name!r}")
    return text


def schemas() -> str:
    """Return the JSON Schemas of all messages as one document."""
    every = [message for listed in SECTIONS.values() for message in listed]
    _, document = models_json_schema([(message, "validation") for message in every], ref_template="#/$defs/{model}")
    definitions = document["$defs"]
    for model in (*every, *EVENTS, *RESULTS, *PARTS):
        _describe(definitions[model.__name__], model)
    for other, known in ((m.OtherEvent, EVENTS), (m.OtherResult, RESULTS)):
        # Otherwise it would fit every event, and exactly one of a choice may fit.
        definitions[other.__name__]["properties"]["kind"]["not"] = {"enum": [_kind(model) for model in known]}
    where = {name: [_type(message) for message in listed] for name, listed in DIRECTIONS.items()}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by docs/make_protocol.py from the messages; unknown fields are to be ignored.",
        "title": "npc-sdk protocol",
        "x-protocol": m.PROTOCOL,
        "x-directions": where,
        "oneOf": [{"$ref": f"#/$defs/{message.__name__}"} for message in every],
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    said = _arguments(model)
    definition["description"] = " ".join(_prose(model).split())
    for name, schema in definition.get("properties", {}).items():
        schema.pop("title", None)
        if name in said:
            schema["description"] = said[name]
    fixed = [name for name, schema in definition.get("properties", {}).items() if "const" in schema]
    if fixed:
        definition["required"] = [*fixed, *definition.get("required", ())]


# The reference.


def _messages() -> str:
    parts: list[str] = []
    for title, listed in SECTIONS.items():
        parts.append(f"\n### {title}\n")
        parts += [_message(message) for message in listed]
        if title == "Streams":
            parts.append("\n### Events\n\nThe value of `event` in an [`event`](#event).\n")
            parts += [_part(model, f"`{_kind(model)}`") for model in EVENTS]
            parts.append("\n### Results\n\nThe value of `result` in an [`end`](#end).\n")
            parts += [_part(model, f"Result `{_kind(model)}`") for model in RESULTS]
    parts.append("\n### Parts of messages\n")
    parts += [_part(model, model.__name__) for model in PARTS]
    return "".join(parts) + "\n"


def _message(message: type[m.Message]) -> str:
    reply, errors, order = NOTES[message]
    where = "; ".join(CHANNEL[name] for name, listed in DIRECTIONS.items() if message in listed)
    lines = [
        f"\n#### `{_type(message)}`\n",
        f"\n{_prose(message)}\n",
        f"\n- **Sent**: {where}",
        f"\n- **Answered by**: {reply}",
        f"\n- **Errors**: {errors}" if errors else "",
        f"\n- **Order**: {order}",
        f"\n- **Since**: {message.since}\n",
    ]
    return "".join(lines) + _table(message, skip=("type",)) + _example(message)


def _part(model: type[BaseModel], title: str) -> str:
    return f"\n#### {title}\n\n{_prose(model)}\n" + _table(model, skip=("kind",))


def _table(model: type[BaseModel], *, skip: tuple[str, ...]) -> str:
    schema = model.model_json_schema()
    said = _arguments(model)
    is_kind = "const" in schema["properties"].get("kind", {})
    rows = []
    for name, one in schema["properties"].items():
        if name in skip and (name == "type" or is_kind):
            continue
        rows.append(f"| `{name}` | {_cell(_type_text(one, name))} | {_default(schema, name)} | {_cell(said[name])} |\n")
    return "\n| field | type | default | |\n|---|---|---|---|\n" + "".join(rows) if rows else ""


def _default(schema: dict[str, Any], name: str) -> str:
    if name in schema.get("required", ()):
        return "required"
    value = schema["properties"][name].get("default")
    return "absent" if value is None else f"`{json.dumps(value)}`" if value not in ({}, [], "") else "empty"


def _type_text(schema: dict[str, Any], name: str = "") -> str:
    options = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
    if len(options) == 1:
        return _type_text(options[0], name)
    if options:
        return "[an event](#events)" if name == "event" else "[a result](#results)"
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return f"[{target}](#{target.lower()})"
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    return _plain_type(schema, name)


def _plain_type(schema: dict[str, Any], name: str) -> str:
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_type_text(schema['items'])}{_range(schema, 'Items')}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"map of text to {_type_text(inner)}" if isinstance(inner, dict) else "map of any plain values"
    if kind == "string":
        pattern = f", like `{schema['pattern']}`" if "pattern" in schema else ""
        return f"text{_range(schema, 'Length')}{pattern}"
    if kind in ("integer", "number"):
        word = "whole number" if kind == "integer" else "number"
        return f"{word}{_range(schema, 'imum')}{_unit(name)}"
    return "true or false" if kind == "boolean" else "any plain value"


def _unit(name: str) -> str:
    return next((f", {unit}" for ending, unit in UNITS.items() if name.endswith(ending)), "")


def _range(schema: dict[str, Any], ending: str) -> str:
    low, high = schema.get(f"min{ending}"), schema.get(f"max{ending}")
    what = {"Items": " items", "Length": " characters", "imum": ""}[ending]
    if schema.get("exclusiveMinimum") is not None:
        return f", above {_number(schema['exclusiveMinimum'])}, at most {_number(high)}{what}"
    if low is not None and high is not None:
        return f", {_number(low)} to {_number(high)}{what}"
    if high is not None:
        return f", at most {_number(high)}{what}"
    return "" if low is None else f", at least {_number(low)}{what}"


def _number(value: float | None) -> str:
    powers = {2**64 - 1: "2^64-1", 2**63 - 1: "2^63-1"}
    whole = int(value or 0)
    return powers.get(whole, f"{whole:,}" if whole == value else f"{value:g}")


def _example(message: type[m.Message]) -> str:
    sample = _samples()[_type(message)][1]
    text = json.dumps(_short(sample.model_dump(mode="json", exclude_none=True)), ensure_ascii=False)
    return f"\n```json\n{text}\n```\n"


def _short(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "limits": {"max_body_bytes": 262144, "...": "..."}} if "limits" in data else data


def _samples() -> dict[str, Any]:
    folder = str(BINDINGS / "vectors")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from samples import SAMPLES

    return SAMPLES


def _limits() -> str:
    said = _arguments(Limits)
    rows = (f"| `{one.name}` | {getattr(DEFAULT_LIMITS, one.name):,} | {said[one.name]} |\n" for one in fields(Limits))
    return "\n| limit | default | |\n|---|---|---|\n" + "".join(rows) + "\n"


def _codes(codes: dict[str, str]) -> str:
    return "\n| code | meaning |\n|---|---|\n" + "".join(f"| `{one}` | {_cell(codes[one])} |\n" for one in codes) + "\n"


# Docstrings.


def _prose(model: type) -> str:
    """Return what a docstring says before its arguments."""
    text = inspect.getdoc(model) or ""
    return _plain(text.partition("\nArgs:")[0].strip())


def _arguments(model: type) -> dict[str, str]:
    """Return what the docstrings of a class and of those it is made from say of its fields."""
    said: dict[str, str] = {}
    for one in reversed(model.__mro__):
        said.update(_own_arguments(inspect.cleandoc(one.__doc__ or "").splitlines()))
    return said


def _own_arguments(lines: Iterable[str]) -> dict[str, str]:
    said: dict[str, str] = {}
    name = ""
    for line in _indented(lines):
        begin = re.match(r"^    (\w+): (.*)$", line)
        if begin is not None:
            name, text = begin.groups()
            said[name] = _plain(text)
        elif name:
            said[name] += " " + _plain(line.strip())
    return said


def _indented(lines: Iterable[str]) -> Iterator[str]:
    is_inside = False
    for line in lines:
        if line == "Args:":
            is_inside = True
        elif is_inside and line.startswith("    "):
            yield line
        elif line.strip():
            is_inside = False


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _type(message: type[m.Message]) -> str:
    return str(message.model_fields["type"].default)


def _kind(model: type[BaseModel]) -> str:
    return str(model.model_fields["kind"].default)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write page and schemas, or compare them; returns the exit code."""
    made = {PAGE: page(PAGE.read_text(encoding="utf-8")), SCHEMAS: schemas()}
    if "--check" in sys.argv[1:]:
        old = [file for file, text in made.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
        for file in old:
            sys.stderr.write(f"{file.relative_to(DOCS.parent)} is out of date: run python docs/make_protocol.py\n")
        return 1 if old else 0
    for file, text in made.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
