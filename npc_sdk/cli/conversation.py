"""A conversation with one character, line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from npc_sdk.cli.chat_commands import ChatCommands
from npc_sdk.cli.chat_scene import Stage
from npc_sdk.cli.chat_view import ChatView
from npc_sdk.cli.console import output
from npc_sdk.cli.exits import ExitCode, exit_code
from npc_sdk.cli.interrupt import cancelling
from npc_sdk.errors import NpcError

if TYPE_CHECKING:
    from npc_sdk.cli.opening import Casting
    from npc_sdk.runtime import Npc, Runtime
    from npc_sdk.runtime.events import TurnEnd

PROMPT = "> "

ReadLine = Callable[[], str]


class Conversation:
    """Talks with one character until the player leaves. Not thread safe.

    Args:
        runtime: Runs the character.
        casting: Who it is.
        view: Shows everything.
        deadline_ms: When an answer must be complete; None takes the setting of the runtime.
    """

    def __init__(self, runtime: Runtime, casting: Casting, view: ChatView, *, deadline_ms: float | None = None) -> None:
        self.runtime = runtime
        self.casting = casting
        self.view = view
        self.last_end: TurnEnd | None = None
        self._deadline_ms = deadline_ms
        self._interrupts = 0
        self.npc, self._stage = self._spawned()

    def _spawned(self) -> tuple[Npc, Stage | None]:
        npc = self.casting.spawn(self.runtime)
        return npc, None if self.casting.scene is None else Stage(npc, self.casting.scene)

    def restart(self) -> None:
        """Let the character forget everything and begin anew."""
        self.npc.despawn()
        self.npc, self._stage = self._spawned()
        self.last_end = None
        self.greet()

    def warn(self) -> None:
        """Show what could not be used of the model."""
        for text in self.runtime.status().warnings:
            self.view.warning(text)

    def greet(self) -> None:
        """Let the character say its greeting, if it has one."""
        greeting = self.npc.greet()
        if greeting:
            self.view.greeting(greeting)

    def run(self, read_line: ReadLine, *, is_interactive: bool) -> ExitCode:
        """Talk until the player leaves.

        Args:
            read_line: Returns the player's next line; raises EOFError when there is none.
            is_interactive: Whether a person types; then an error does not count at the end.

        Returns:
            How it ended.
        """
        commands = ChatCommands(self)
        outcome = ExitCode.OK
        while True:
            try:
                line = read_line().encode("utf-8", "replace").decode().strip()
                if commands.is_leaving(line):
                    return outcome
                self._take(line, commands)
            except EOFError:
                return outcome
            except KeyboardInterrupt:
                self._interrupts += 1
                if self._interrupts > 1:
                    return ExitCode.INTERRUPTED
                self.view.note("Ctrl-C again, or /quit, to leave.")
            except NpcError as error:
                self.view.error(error)
                outcome = outcome if is_interactive else exit_code(error)

    def _take(self, line: str, commands: ChatCommands) -> None:
        self._interrupts = 0
        if commands.is_command(line):
            commands.run(line)
        elif line:
            self.say(line)

    def say(self, line: str) -> TurnEnd:
        """Say something and show the answer.

        Raises:
            RequestError: The line cannot be said.
            KeyboardInterrupt: Ctrl-C was pressed twice.
        """
        from npc_sdk.runtime.events import ActionCall

        turn = self.npc.say(line, deadline_ms=self._deadline_ms)
        has_spoken = False
        with cancelling(turn) as pressed:
            try:
                for event in turn:
                    self.view.event(event)
                    has_spoken = has_spoken or getattr(event, "text", "") != ""
                    if isinstance(event, ActionCall) and self._stage is not None:
                        event.reply(self._stage.perform(event), continue_=not has_spoken)
            except KeyboardInterrupt:
                self._interrupts = 1
                raise
            finally:
                self._interrupts += pressed.count
        self.last_end = turn.result()
        return self.last_end


def line_reader(*, is_interactive: bool) -> ReadLine:
    """Return what reads the player's lines from standard input."""
    if not is_interactive:
        return _next_line
    try:
        # Gives input() a history and the usual keys; not there on Windows.
        import readline  # noqa: F401
    except ImportError:
        pass
    return _typed_line


def _typed_line() -> str:
    try:
        return input(PROMPT)
    except KeyboardInterrupt:
        # The half-typed line is still there; what is said next must not stand in it.
        output().out("")
        raise


def _next_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line
