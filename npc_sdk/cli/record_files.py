"""What the commands for personas and for worlds have in common: check, list, show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from npc_sdk.cli.console import output, plain, print_json
from npc_sdk.cli.exits import ExitCode

if TYPE_CHECKING:
    from npc_sdk.persona import Finding, Persona, World

FILE_SUFFIXES = (".toml", ".yaml", ".yml", ".json")


class _Loader(Protocol):
    def load(self, path: Path) -> Any: ...
    def shipped(self, name: str) -> Any: ...


def find_persona(name_or_file: str) -> Persona:
    """Return a persona: a shipped one by name, or one from a file.

    Raises:
        PersonaError: There is no such persona, or its file cannot be used.
    """
    from npc_sdk.persona import Persona

    persona: Persona = _find(Persona, name_or_file)
    return persona


def find_world(name_or_file: str) -> World:
    """Return a world: a shipped one by name, or one from a file.

    Raises:
        PersonaError: There is no such world, or its file cannot be used.
    """
    from npc_sdk.persona import World

    world: World = _find(World, name_or_file)
    return world


def _find(kind: _Loader, name_or_file: str) -> Any:
    path = Path(name_or_file)
    is_file = path.suffix.lower() in FILE_SUFFIXES or path.name != name_or_file or path.is_file()
    return kind.load(path) if is_file else kind.shipped(name_or_file)


def check_files(files: Sequence[Path], check: Callable[[Path], list[Finding]]) -> dict[Path, list[Finding]]:
    """Return the findings of each file."""
    return {path: check(path) for path in files}


def print_findings(found: dict[Path, list[Finding]]) -> None:
    """Print findings for people: one line and its mend each, and a line for a file without any."""
    from rich.text import Text

    console = output()
    for path, findings in found.items():
        for finding in findings:
            style = "bold red" if finding.severity == "error" else "yellow"
            place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
            field = f"{finding.field} " if finding.field else ""
            line = Text.assemble(
                (f"{plain(place)}: ", "bold"), (finding.severity, style), f": {plain(field + finding.problem)}."
            )
            console.print(line, soft_wrap=True)
            console.print(Text(f"    {plain(finding.mend)}", style="cyan"), soft_wrap=True)
        if not findings:
            console.print(Text.assemble((f"{plain(str(path))}: ", "bold"), ("fine", "green")), soft_wrap=True)


def is_usable(findings: Sequence[Finding]) -> bool:
    """Return whether a file with these findings can be used: warnings do not count."""
    return all(finding.severity != "error" for finding in findings)


def exit_for(found: dict[Path, list[Finding]]) -> ExitCode:
    """Return ``FINDINGS`` when a file cannot be used."""
    return ExitCode.OK if all(map(is_usable, found.values())) else ExitCode.FINDINGS


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as plain data."""
    return [finding.to_dict() for finding in findings]


def print_list(rows: Sequence[tuple[str, str, str]], *, as_json: bool) -> None:
    """Print what is shipped: name, title, and a few words."""
    if as_json:
        print_json([{"name": name, "title": title, "about": about} for name, title, about in rows])
        return
    from rich.table import Table

    table = Table("Name", "Is", "About", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    output().print(table)
