"""ActionSpec: an action as prompt, grammar and parser see it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from npc_sdk.actions.action import Action
from npc_sdk.actions.check import check_object
from npc_sdk.actions.declare import class_document, function_document
from npc_sdk.actions.emit import object_schema
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.reader import checked_description, checked_name, read_parameters
from npc_sdk.actions.values import Parameter, ValueSchema
from npc_sdk.errors import ActionError

__all__ = ["ActionSpec", "Declaration", "Parameter", "ValueSchema", "action_spec", "action_specs"]

MAX_ACTIONS = 64


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """One action that a character can take; immutable, hashable, safe to use from any thread.

    Attributes:
        name: Name of the action.
        description: What it does, for the model.
        parameters: Its arguments in declared order.
    """

    name: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()

    @property
    def vocabularies(self) -> frozenset[str]:
        """Names of the live vocabularies that the arguments choose from."""
        return frozenset(name for parameter in self.parameters for name in parameter.value.vocabularies())

    def json_schema(self, vocabulary: Mapping[str, Labels] | None = None) -> dict[str, Any]:
        """Return the JSON Schema of the arguments.

        Args:
            vocabulary: Labels that close the live vocabularies with ``enum``; None leaves them open
                as ``x-vocabulary``.
        """
        return {**object_schema(self.parameters, vocabulary), "x-guidance": {"whitespace_flexible": False}}

    def validate(self, arguments: Mapping[str, Any], vocabulary: Mapping[str, Labels]) -> dict[str, Any]:
        """Return the arguments as plain Python values, in declared order.

        Labels become their true values, and arguments left out get their defaults.

        Args:
            arguments: The arguments of one call.
            vocabulary: Labels of the live vocabularies; one that is missing has no values.

        Raises:
            ActionError: The arguments do not fit (``bad_arguments``), or name what is not in a
                vocabulary (``not_in_vocabulary``); ``details["path"]`` says where.
        """
        return check_object(self.parameters, arguments, vocabulary, "$")


Declaration = ActionSpec | type[Action] | Mapping[str, Any] | Callable[..., Any]


def action_spec(declaration: Declaration) -> ActionSpec:
    """Return the action that a declaration describes; equal declarations give equal actions.

    Args:
        declaration: A subclass of :class:`Action`, a JSON form ``{"name", "description", "parameters"}``
            (also inside OpenAI's ``{"type": "function", "function": {...}}``), a typed function, or
            an ActionSpec, which comes back as it is.

    Raises:
        ActionError: The declaration cannot be used: ``unsupported_schema`` (``details`` has ``keyword``
            and ``path``), ``bad_schema``, ``schema_too_large``, ``bad_name`` or ``bad_declaration``.
    """
    if isinstance(declaration, ActionSpec):
        return declaration
    if isinstance(declaration, Mapping):
        return _from_document(declaration)
    if inspect.isclass(declaration):
        if issubclass(declaration, Action):
            return _from_document(class_document(declaration))
    elif callable(declaration):
        return _from_document(function_document(declaration))
    raise ActionError(
        f"{declaration!r:.80} declares no action.",
        "Pass a subclass of Action, a JSON Schema document or a typed function.",
        code="bad_declaration",
    )


def action_specs(declarations: Any) -> tuple[ActionSpec, ...]:
    """Return the actions of several declarations.

    Raises:
        ActionError: As :func:`action_spec`, or it is no list (``bad_actions``), or two have one name
            (``duplicate_action``), or there are too many (``too_many_actions``).
    """
    if isinstance(declarations, (type, str, Mapping, ActionSpec)) or not isinstance(declarations, Iterable):
        raise ActionError(
            f"Actions come as a list, not as {declarations!r}.", "Write actions=[...].", code="bad_actions"
        )
    specs = tuple(action_spec(declaration) for declaration in declarations)
    if len(specs) > MAX_ACTIONS:
        raise ActionError(
            f"There are over {MAX_ACTIONS} actions.", "Give each character what it needs.", code="too_many_actions"
        )
    names: set[str] = set()
    for spec in specs:
        if spec.name in names:
            raise ActionError(f"Two actions are called {spec.name!r}.", "Rename one.", code="duplicate_action")
        names.add(spec.name)
    return specs


def _from_document(document: Mapping[str, Any]) -> ActionSpec:
    path = "$"
    if document.get("type") == "function" and isinstance(document.get("function"), Mapping):
        document, path = document["function"], "$.function"
    for keyword in document:
        if keyword not in ("name", "description", "parameters", "strict"):
            raise ActionError(
                f"{path}: {str(keyword)[:80]!r} is no part of an action.",
                "An action has 'name', 'description' and 'parameters'.",
                code="unsupported_schema",
                keyword=str(keyword),
                path=f"{path}.{keyword}",
            )
    return ActionSpec(
        name=checked_name(document.get("name"), f"{path}.name"),
        description=checked_description(document.get("description", ""), f"{path}.description"),
        parameters=read_parameters(document.get("parameters", {}), f"{path}.parameters"),
    )
