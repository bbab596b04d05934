"""Action: the base class of actions declared in Python."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """Return a class name as an action name: ``GiveItem`` becomes ``give_item``."""
    return _WORD_STARTS.sub("_", name).lower()


class Action(BaseModel):
    """Base of actions that are declared as a class.

    The docstring of the class is what the model reads about the action, its fields are the arguments.
    The action's name is the class name in snake case; another is given as
    ``class Attack(Action, action_name="strike")`` or as the class attribute ``action_name``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action_name: ClassVar[str] = "action"

    # Not called ``name``: in Python 3.10 ABCMeta takes that keyword for itself.
    def __init_subclass__(cls, action_name: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if action_name is not None:
            cls.action_name = action_name
        elif "action_name" not in cls.__dict__:
            cls.action_name = snake_case(cls.__name__)

    @classmethod
    def __pydantic_init_subclass__(cls, action_name: str | None = None, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
