"""Declarations in Python, as classes and as functions, turned into JSON Schema."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_type_hints

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import PydanticJsonSchemaWarning

from npc_sdk.actions.action import Action
from npc_sdk.errors import ActionError

_SECTION = re.compile(r"^(Args|Arguments|Returns|Raises|Yields|Attributes|Examples?|Notes?):\s*$", re.MULTILINE)
_ARGUMENT = re.compile(r"^(?P<indent>[ \t]+)(?P<name>\*{0,2}\w+)(?:\s*\([^)]*\))?:\s*(?P<text>.*)$")
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def class_document(declaration: type[Action]) -> dict[str, Any]:
    """Return the JSON form of an action declared as a class.

    Raises:
        ActionError: A field's type has no JSON Schema (``bad_declaration``).
    """
    description, texts = split_docstring(declaration.__doc__)
    schema = _generated(lambda: declaration.model_json_schema(), declaration.__name__)
    properties = schema.get("properties", {})
    for name, info in declaration.model_fields.items():
        shown = properties.get(info.validation_alias or info.alias or name, {})
        shown.update(_written_default(info))
        _describe(shown, texts.get(name))
    return {"name": declaration.action_name, "description": description, "parameters": schema}


def function_document(declaration: Callable[..., Any]) -> dict[str, Any]:
    """Return the JSON form of an action declared as a typed function; the function is never called.

    Raises:
        ActionError: An argument has no type, or one without JSON Schema, or cannot be given by name
            (``bad_declaration``).
    """
    name = getattr(declaration, "__name__", type(declaration).__name__)
    description, texts = split_docstring(declaration.__doc__)
    hints = _hints(declaration, name)
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    required = []
    for parameter in inspect.signature(declaration).parameters.values():
        shown = _argument_schema(parameter, hints, name)
        definitions.update(shown.pop("$defs", {}))
        _describe(shown, texts.get(parameter.name))
        properties[parameter.name] = shown
        if shown.pop("required", False):
            required.append(parameter.name)
    schema = {"type": "object", "properties": properties, "required": required, "$defs": definitions}
    return {"name": name, "description": description, "parameters": schema}


def split_docstring(docstring: str | None) -> tuple[str, dict[str, str]]:
    """Return what stands above the sections of a docstring, and the text of each argument in ``Args:``."""
    text = inspect.cleandoc(docstring or "")
    sections = list(_SECTION.finditer(text))
    if not sections:
        return text, {}
    ends = [section.start() for section in sections[1:]] + [len(text)]
    texts: dict[str, str] = {}
    for section, end in zip(sections, ends, strict=True):
        if section[1] in ("Args", "Arguments"):
            texts.update(_argument_texts(text[section.end() : end]))
    return text[: sections[0].start()].strip(), texts


def _argument_texts(section: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    indent, current = None, ""
    for line in section.splitlines():
        match = _ARGUMENT.match(line)
        if match and indent in (None, match["indent"]):
            indent, current = match["indent"], match["name"].lstrip("*")
            texts[current] = match["text"].strip()
        elif current and line.strip():
            texts[current] = f"{texts[current]} {line.strip()}".strip()
    return texts


def _hints(declaration: Callable[..., Any], name: str) -> Mapping[str, Any]:
    target = declaration if hasattr(declaration, "__globals__") or inspect.ismethod(declaration) else None
    try:
        return get_type_hints(target or type(declaration).__call__, include_extras=True)
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise ActionError(
            f"The types of {name!r} cannot be read: {error}.",
            "Import the names that its annotations use at the top of the module.",
            code="bad_declaration",
        ) from error


def _argument_schema(parameter: inspect.Parameter, hints: Mapping[str, Any], name: str) -> dict[str, Any]:
    where = f"{name}({parameter.name})"
    if parameter.kind not in _BY_NAME:
        raise ActionError(f"{where}: Arguments must be given by name.", code="bad_declaration")
    if parameter.name not in hints:
        raise ActionError(f"{where}: The argument has no type.", "Annotate it.", code="bad_declaration")
    info = FieldInfo.from_annotation(hints[parameter.name])
    hint, default = hints[parameter.name], parameter.default
    if isinstance(default, FieldInfo):
        hint, info = Annotated[hint, default], default
    elif default is not inspect.Parameter.empty:
        info = FieldInfo.from_annotated_attribute(hint, default)
        hint = Annotated[hint, info]
    shown = _generated(lambda: TypeAdapter(hint).json_schema(), where)
    shown.update(_written_default(info))
    if info.is_required():
        shown["required"] = True
    return shown


def _written_default(info: FieldInfo) -> dict[str, Any]:
    if info.default_factory is None:
        return {}
    return {"default": info.get_default(call_default_factory=True)}


def _describe(schema: dict[str, Any], text: str | None) -> None:
    if text and not schema.get("description"):
        schema["description"] = text


def _generated(generate: Callable[[], dict[str, Any]], where: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PydanticJsonSchemaWarning)
            return generate()
    except (
        PydanticInvalidForJsonSchema,
        PydanticSchemaGenerationError,
        PydanticUserError,
        PydanticJsonSchemaWarning,
    ) as error:
        raise ActionError(
            f"{where}: The type has no JSON Schema: {str(error).splitlines()[0]}",
            "Use texts, numbers, truth values, Literal, lists and nested models.",
            code="bad_declaration",
        ) from error
