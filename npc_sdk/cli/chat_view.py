"""How a conversation looks: in a terminal, as plain text, or as lines of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from npc_sdk.cli.console import notes, output, plain, print_json_line
from npc_sdk.cli.event_text import call_text, cost_text, ending_text, event_data
from npc_sdk.cli.failure import print_error

if TYPE_CHECKING:
    from npc_sdk.errors import NpcError
    from npc_sdk.runtime.events import ActionCall, ActionDropped, TurnEnd, TurnEvent


class ChatView(Protocol):
    """Shows a conversation; used from one thread."""

    def greeting(self, text: str) -> None:
        """Show what the character says first."""
        ...

    def event(self, event: TurnEvent) -> None:
        """Show an event of a turn."""
        ...

    def note(self, text: str) -> None:
        """Show a remark that is no part of the conversation."""
        ...

    def warning(self, text: str) -> None:
        """Show what may make the conversation worse."""
        ...

    def error(self, error: NpcError) -> None:
        """Show what went wrong; the conversation goes on."""
        ...


class JsonView:
    """One JSON object a line on standard output."""

    def greeting(self, text: str) -> None:
        """Print the greeting."""
        print_json_line({"event": "greeting", "text": text})

    def event(self, event: TurnEvent) -> None:
        """Print an event."""
        print_json_line(event_data(event))

    def note(self, text: str) -> None:
        """Print a remark."""
        print_json_line({"event": "note", "text": text})

    def warning(self, text: str) -> None:
        """Print a warning; it is a note too."""
        self.note(text)

    def error(self, error: NpcError) -> None:
        """Print an error."""
        print_json_line({"event": "error", **error.to_dict()})


class TextView:
    """Speech as it comes, actions on lines of their own.

    Args:
        name: Stands in front of what the character says; empty for the bare reply.
        is_verbose: Whether each turn ends with its cost.
    """

    def __init__(self, name: str = "", *, is_verbose: bool = False) -> None:
        self._name = plain(name)
        self._is_verbose = is_verbose
        self._console = output()
        self._notes = notes()
        self._is_mid_line = False
        self._source = ""
        self._shown = ""

    def greeting(self, text: str) -> None:
        """Print the greeting."""
        if text:
            self._speak(text)
            self._end_line()

    def event(self, event: TurnEvent) -> None:
        """Print an event."""
        from npc_sdk.runtime.events import ActionCall, ActionDropped, SpeechDelta, TurnEnd

        if isinstance(event, SpeechDelta):
            if event.source != self._source and self._is_mid_line:
                self._end_line()
            self._source = event.source
            self._shown += event.text
            self._speak(event.text)
        elif isinstance(event, ActionCall):
            self._action(event)
        elif isinstance(event, ActionDropped):
            self._dropped(event)
        elif isinstance(event, TurnEnd):
            self._end(event)

    def note(self, text: str) -> None:
        """Print a remark."""
        self._end_line()
        self._console.out(plain(text), style="dim")

    def warning(self, text: str) -> None:
        """Print a warning on standard error."""
        self._end_line()
        self._notes.out(plain(f"  [{text}]"), style="yellow")

    def error(self, error: NpcError) -> None:
        """Print an error."""
        self._end_line()
        print_error(error)

    def _speak(self, text: str) -> None:
        if not self._is_mid_line:
            text = text.lstrip()
            if self._name and text:
                self._console.out(f"{self._name}: ", style="bold green", end="")
        self._console.out(plain(text), end="")
        self._is_mid_line = self._is_mid_line or bool(text)

    def _action(self, call: ActionCall) -> None:
        self._end_line()
        self._console.out(f"  * {call_text(call.name, call.arguments)}", style="bold cyan")

    def _dropped(self, call: ActionDropped) -> None:
        self._end_line()
        gone = ", ".join(call.missing)
        self._notes.out(f"  * {call_text(call.name, call.arguments)} dropped: {plain(gone)} is gone", style="yellow")

    def _end(self, end: TurnEnd) -> None:
        self._end_line()
        ending = ending_text(end, self._shown)
        self._source = self._shown = ""
        if ending:
            self._notes.out(plain(f"  [{ending}]"), style="yellow")
        if end.bad_calls:
            self._notes.out(f"  [{end.bad_calls} action(s) could not be read]", style="yellow")
        if self._is_verbose:
            self._notes.out(f"  {cost_text(end.cost)}", style="dim")

    def _end_line(self) -> None:
        if self._is_mid_line:
            self._console.out("")
        self._is_mid_line = False


def view_for(name: str, *, as_json: bool, is_verbose: bool) -> ChatView:
    """Return the view that a chat was asked for."""
    if as_json:
        return JsonView()
    return TextView(name, is_verbose=is_verbose)
