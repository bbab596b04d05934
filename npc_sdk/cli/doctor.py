"""``npc doctor``: what was found on this machine, what was chosen and why, and what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from npc_sdk.cli.budget import DeviceOption
from npc_sdk.cli.console import output, plain, print_json
from npc_sdk.cli.exits import ExitCode

if TYPE_CHECKING:
    from rich.text import Text

    from npc_sdk.cli.checks.finding import Finding

_STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}
_LOUD = ("gpu_unused", "gpu_not_seen")
_SHORT_COMMAND = 48


def doctor(
    device: DeviceOption = "auto",
    model: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="The model that characters shall speak with.")
    ] = "starter",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port that a host shall listen on; 0 is a free one.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Look at driver, device, memory, llama.cpp, model, port and folders. Ends with 1 when something needs mending."""
    from npc_sdk.cli.checkup import examine

    findings = examine(device=device, model=model, port=port)
    is_well = all(finding.severity != "error" for finding in findings)
    if as_json:
        print_json({"is_well": is_well, "findings": [finding.to_dict() for finding in findings]})
    else:
        print_findings(findings)
    raise typer.Exit(ExitCode.OK if is_well else ExitCode.FINDINGS)


def print_findings(findings: list[Finding]) -> None:
    """Print findings for people; what wastes a GPU once more and loudly."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold", min_width=12)
    table.add_column(overflow="fold", ratio=1)
    for finding in findings:
        table.add_row(Text(finding.severity, style=_STYLES[finding.severity]), finding.code, _words(finding))
    console = output()
    console.print(table)
    for finding in findings:
        if finding.code in _LOUD:
            _shout(finding)
        if len(finding.command) > _SHORT_COMMAND:
            _print_command(finding)
    console.print(_sum(findings))


def _words(finding: Finding) -> Text:
    from rich.text import Text

    command = finding.command if len(finding.command) <= _SHORT_COMMAND else "see below"
    mend = " ".join(part for part in (finding.mend, command if finding.command else "") if part)
    words = Text(plain(finding.found))
    return words.append("\n" + plain(mend), style="cyan") if mend else words


def _shout(finding: Finding) -> None:
    from rich.panel import Panel
    from rich.text import Text

    text = Text(plain(finding.found), style="bold")
    console = output()
    console.print()
    console.print(Panel(text, title="[bold red]THE GPU IS NOT USED[/]", title_align="left", border_style="red"))


def _print_command(finding: Finding) -> None:
    from rich.text import Text

    console = output()
    console.print()
    console.print(Text.assemble((finding.code, "bold"), ": ", (plain(finding.mend), "cyan")))
    # On a line of its own, however wide the terminal is, so that it can be copied.
    console.print(Text(plain(finding.command), style="bold"), soft_wrap=True)
    console.print()


def _sum(findings: list[Finding]) -> str:
    counts = [(name, sum(finding.severity == name for finding in findings)) for name in ("error", "warning")]
    parts = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts if count]
    return f"[bold]{' and '.join(parts)}.[/]" if parts else "[bold green]This machine is well.[/]"
