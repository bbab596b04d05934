"""What was measured on a card, as files: JSON for programs, a Markdown page for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from npc_sdk.bench.files import replace_text, writing

JSON_NAME: Final = "gpu.json"
MARKDOWN_NAME: Final = "gpu.md"

Row = Mapping[str, Any]
Column = tuple[str, Callable[[Row], str]]


def write(folder: Path, result: Mapping[str, Any]) -> None:
    """Write both files, each in one step.

    Args:
        folder: Where; made when it is missing.
        result: What was measured.

    Raises:
        RequestError: They cannot be written (``file_unwritable``).
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / JSON_NAME, json.dumps(result, indent=2) + "\n")
        replace_text(folder / MARKDOWN_NAME, markdown(result))


def _count(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:,}"


def _text(name: str) -> Callable[[Row], str]:
    return lambda row: str(row[name])


def _mib(name: str) -> Callable[[Row], str]:
    return lambda row: "not told" if row[name] is None else f"{row[name] / (1 << 20):,.1f}"


def _number(name: str, digits: int = 1) -> Callable[[Row], str]:
    return lambda row: "–" if row[name] is None else f"{row[name]:,.{digits}f}"


def _verdict(row: Row) -> str:
    return ("met" if row["is_met"] else "missed") + (", disturbed" if row["is_disturbed"] else "")


def _over(row: Row) -> str:
    return f"{row['over_percent']:+.1f} %" if row["gpu_layers"] else "–"


def _scene(row: Row) -> str:
    return f"{row['fps']} fps{'' if row['is_throttled'] else ', unthrottled'}, {row['work_ms']:g} ms"


def _late(row: Row) -> str:
    share = 100 * row["over_budget"] / row["frames"] if row["frames"] else 0.0
    return f"{row['over_budget']:,} of {row['frames']:,} ({share:.1f} %)"


_COLUMNS: Final[Mapping[str, Sequence[Column]]] = {
    "overhead": (
        ("after loading (MiB)", _mib("loaded_bytes")),
        ("after work, kept for plans (MiB)", _mib("overhead_bytes")),
        ("measured", lambda row: "yes" if row["is_measured"] else "no, assumed"),
    ),
    "plans": (
        ("layers", _count("gpu_layers")),
        ("slots", _count("slots")),
        ("cells", _count("cells")),
        ("quantum", _count("quantum")),
        ("KV", _text("kv_type")),
        ("planned (MiB)", _mib("planned_bytes")),
        ("loaded (MiB)", _mib("loaded_bytes")),
        ("worked (MiB)", _mib("worked_bytes")),
        ("the driver says (MiB)", _mib("process_bytes")),
        ("plan", _over),
        ("within 5 %", _verdict),
    ),
    "speed": (
        ("characters", _count("characters")),
        ("layers", _count("gpu_layers")),
        ("read a second, quantum 128", _number("read_per_s_128", 0)),
        ("quantum 512", _number("read_per_s_512", 0)),
        ("spoken a second", _number("spoken_per_s")),
        ("each", lambda row: f"{row['spoken_per_s'] / row['characters']:,.1f}"),
        ("first token (ms)", _number("first_token_ms")),
    ),
    "parking": (
        ("characters", _count("characters")),
        ("tokens each", _count("tokens")),
        ("park all (ms)", _number("park_ms")),
        ("parked (MiB)", _mib("parked_bytes")),
        ("park and new context (ms)", _number("change_ms")),
        ("go on from host memory (ms)", _number("resume_ms")),
        ("go on in the slot (ms)", _number("resident_ms")),
        ("read again (ms)", _number("read_ms")),
        ("from", lambda row: ", ".join(row["resumed_from"])),
    ),
    "reserve": (
        ("change to", _text("change")),
        ("planned back (MiB)", _mib("planned_bytes")),
        ("seen back (MiB)", _mib("given_bytes")),
        ("first seen (ms)", _number("first_ms", 0)),
        ("for good (ms)", _number("settled_ms", 0)),
        ("event (ms)", _number("event_ms", 0)),
        ("of that parking (ms)", _number("park_ms")),
        ("loading (ms)", _number("load_ms", 0)),
        ("and back (ms)", _number("back_ms", 0)),
    ),
    "frames": (
        ("scene", _scene),
        ("inference", _text("inference")),
        ("quantum", lambda row: str(row["quantum"] or "–")),
        ("p50 (ms)", _number("p50_ms", 2)),
        ("p99 (ms)", _number("p99_ms", 2)),
        ("p99.9 (ms)", _number("p999_ms", 2)),
        ("p99 / off", _number("p99_ratio", 2)),
        ("over budget", _late),
        ("tokens/s", _number("tokens_per_s")),
    ),
}

_TITLES: Final = {
    "overhead": "What the backend takes for itself",
    "plans": "Plan against what the card loses",
    "speed": "Speed by characters",
    "parking": "Parking",
    "reserve": "Memory given back, looked at every 5 ms",
    "frames": "Frame times beside four characters in conversation",
}


def markdown(result: Mapping[str, Any]) -> str:
    """Return what was measured as a Markdown page.

    Args:
        result: What was measured, complete or not.
    """
    parts = [_heading(result)]
    for name, entry in result["figures"].items():
        parts.append(f"### {_TITLES[name]}\n")
        if entry["state"] not in ("done", "waiting"):
            reason = f": {entry['reason']}" if "reason" in entry else "."
            parts.append(f"{entry['state'].capitalize()}{reason}\n")
        if entry["rows"]:
            parts.append(_table(_COLUMNS[name], entry["rows"]))
        parts += [f"- {note[:1].upper()}{note[1:]}.\n" for note in entry["notes"]]
    return "\n".join(parts)


def _heading(result: Mapping[str, Any]) -> str:
    seen, model = result["machine"], result["model"]
    rest = "" if result["is_complete"] else " **Not complete.**"
    return (
        f"{result['date'][:10]}, {seen['gpu']} ({seen['total_bytes'] / (1 << 30):.1f} GiB, "
        f"{seen['free_bytes'] / (1 << 30):.1f} free), driver {seen['driver']}, {seen['processor']}, "
        f"{seen['cores']} cores, {seen['system']}, Python {seen['python']}, llama-cpp-python "
        f"{seen['llama_cpp_python']} ({', '.join(seen['backends'])}). "
        f"Model: {model['name']}, {model['layers']} layers. "
        f"`npc bench gpu{' --quick' if result['quick'] else ''}`, {result['seconds'] / 60:.1f} minutes.{rest}\n"
    )


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    lines = [" | ".join(name for name, _ in columns), " | ".join("---:" for _ in columns)]
    lines += [" | ".join(cell(row) for _, cell in columns) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)
