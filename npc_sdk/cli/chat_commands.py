"""What a player can ask of the chat itself: lines that begin with a slash."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING

from npc_sdk.cli.event_text import cost_text
from npc_sdk.errors import RequestError

if TYPE_CHECKING:
    from npc_sdk.cli.conversation import Conversation

_LEAVING = ("/quit", "/exit")


class ChatCommands:
    """The slash commands of one conversation. Not thread safe; owned by it."""

    def __init__(self, conversation: Conversation) -> None:
        self._talk = conversation
        self._commands: dict[str, tuple[str, Callable[[str], None]]] = {
            "/help": ("this list", self._help),
            "/persona": ("who you talk to", self._persona),
            "/world": ("the setting, and the live world that actions choose from", self._world),
            "/history": ("what the character remembers", self._history),
            "/cost": ("what the last answer took", self._cost),
            "/set": ("VOCABULARY a, b: change the live world", self._set),
            "/observe": ("TEXT: let the character notice something", self._observe),
            "/reset": ("begin anew", self._reset),
        }

    def is_leaving(self, line: str) -> bool:
        """Return whether the player wants to leave."""
        return line.lower() in _LEAVING

    def is_command(self, line: str) -> bool:
        """Return whether a line is meant for the chat and not for the character."""
        return line.startswith("/")

    def run(self, line: str) -> None:
        """Do what a line asks for.

        Raises:
            RequestError: There is no such command (``unknown_command``), or it cannot be done.
        """
        name, _, rest = line.partition(" ")
        if name.lower() not in self._commands:
            near = difflib.get_close_matches(name.lower(), self._commands, n=1)
            raise RequestError(
                f"There is no {name}.",
                f"Did you mean {near[0]}?" if near else "/help lists what there is.",
                code="unknown_command",
            )
        self._commands[name.lower()][1](rest.strip())

    def _help(self, _rest: str) -> None:
        lines = [f"{name:<10} {about}" for name, (about, _) in self._commands.items()]
        self._talk.view.note("\n".join([*lines, f"{'/quit':<10} leave (also Ctrl-D)", "Ctrl-C ends an answer early."]))

    def _persona(self, _rest: str) -> None:
        from npc_sdk.prompt.text import persona_text

        self._talk.view.note(persona_text(self._talk.npc.persona))

    def _world(self, _rest: str) -> None:
        from npc_sdk.prompt.text import world_text

        live = self._talk.npc.world
        lines = [f"tick {live.tick}", *(f"{name}: {', '.join(values)}" for name, values in live.vocabularies.items())]
        setting = [] if self._talk.runtime.world is None else [world_text(self._talk.runtime.world), ""]
        actions = ", ".join(action.name for action in self._talk.npc.actions) or "none"
        self._talk.view.note("\n".join([*setting, *lines, f"actions: {actions}"]))

    def _history(self, _rest: str) -> None:
        lines = [f"{line.speaker}: {line.text} {' '.join(line.actions)}".rstrip() for line in self._talk.npc.history]
        self._talk.view.note("\n".join(lines) or "Nothing was said yet.")

    def _cost(self, _rest: str) -> None:
        end = self._talk.last_end
        self._talk.view.note("Nothing was said yet." if end is None else cost_text(end.cost))

    def _set(self, rest: str) -> None:
        name, _, values = rest.partition(" ")
        if not name:
            raise RequestError(
                "/set needs a vocabulary.", "Such as: /set places the mill, the chapel", code="bad_command"
            )
        live = self._talk.npc.world
        listed = [value.strip() for value in values.split(",") if value.strip()]
        live.update(**{"tick": live.tick + 1, name: listed})  # type: ignore[arg-type]
        self._talk.view.note(f"{name}: {', '.join(listed) or 'empty'}")

    def _observe(self, rest: str) -> None:
        self._talk.npc.observe(rest)
        self._talk.view.note("Noticed.")

    def _reset(self, _rest: str) -> None:
        self._talk.restart()
