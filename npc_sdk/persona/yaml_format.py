"""Reads YAML and the places of its keys.

Anchors, aliases and tags are refused: a persona needs none of them, and a few nested aliases can
stand for gigabytes.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, Event, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from npc_sdk.persona.position import Cursor, Fault, FieldPath, Position, Positions, dotted, refuse_deep, shown

MAXIMUM_EVENTS = 10_000

_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"


def read_yaml(text: str) -> tuple[Any, Positions]:
    """Return the data of a YAML text and the places of its keys.

    Raises:
        Fault: The text is not YAML, uses anchors, aliases or tags, gives a key twice, or nests too deeply.
    """
    try:
        _refuse_unsafe(text)
        return _read(text)
    except yaml.YAMLError as error:
        raise _fault(error, text) from error


def _read(text: str) -> tuple[Any, Positions]:
    positions = Positions()
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, positions
        _walk(node, (), positions)
        _refuse_unreadable_scalars(node, loader)
        return loader.construct_document(node), positions
    finally:
        loader.dispose()


def _refuse_unsafe(text: str) -> None:
    depth = 0
    documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        _refuse_event(event)
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        documents += isinstance(event, DocumentStartEvent)
        refuse_deep(depth, _position(event.start_mark))
        if count > MAXIMUM_EVENTS:
            raise Fault("has too many entries", "Shorten the file.", _position(event.start_mark), code="too_many")
        if documents > 1:
            mend = "Keep one document: remove the line with '---'."
            raise Fault("holds several YAML documents", mend, _position(event.start_mark))


def _refuse_event(event: Event) -> None:
    place = _position(event.start_mark)
    if isinstance(event, AliasEvent):
        raise Fault(
            "uses a YAML alias (*name)", "Write the text out, in quotes if it begins with *.", place, code="unsafe_yaml"
        )
    if not isinstance(event, NodeEvent):
        return
    if event.anchor is not None:
        raise Fault(
            "uses a YAML anchor (&name)",
            "Remove it, or put a text that begins with & in quotes.",
            place,
            code="unsafe_yaml",
        )
    if getattr(event, "tag", None) is not None:
        raise Fault(
            "uses a YAML tag (!name)",
            "Remove it, or put a text that begins with ! in quotes.",
            place,
            code="unsafe_yaml",
        )


def _walk(node: Node, path: FieldPath, positions: Positions) -> None:
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            positions.record((*path, index), _position(item.start_mark))
            _walk(item, (*path, index), positions)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            place = _position(key.start_mark)
            if key.tag == _MERGE_TAG:
                raise Fault("uses a YAML merge key (<<)", "Write the fields out.", place, code="unsafe_yaml")
            if key.tag != _TEXT_TAG:
                raise Fault("has a field name that is not a text", "Write the name in quotes.", place)
            inner = (*path, str(key.value))
            if not positions.record(inner, place):
                raise Fault(
                    "is given twice", "Keep one of the two.", place, code="duplicate_field", field=dotted(inner)
                )
            _walk(value, inner, positions)


def _refuse_unreadable_scalars(node: Node, loader: yaml.SafeLoader) -> None:
    if isinstance(node, ScalarNode):
        try:
            loader.construct_object(node)
        except (ValueError, OverflowError) as error:
            problem = f'holds "{shown(str(node.value), 30)}", which looks like a number or a date but is none'
            raise Fault(problem, "Write it in quotes.", _position(node.start_mark)) from error
    elif isinstance(node, SequenceNode):
        for item in node.value:
            _refuse_unreadable_scalars(item, loader)
    elif isinstance(node, MappingNode):
        for pair in node.value:
            for part in pair:
                _refuse_unreadable_scalars(part, loader)


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _fault(error: yaml.YAMLError, text: str) -> Fault:
    if isinstance(error, ReaderError):
        cursor = Cursor(text)
        cursor.offset = error.position
        problem = f"is not YAML: holds the character U+{error.character:04X}, which is not text"
        return Fault(problem, "Remove it.", cursor.position)
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "unreadable"
    mend = "Correct this line; indent with blanks, and put a text that holds ': ' or ' #' in quotes."
    return Fault(f"is not YAML: {problem}", mend, _position(mark) if mark is not None else None)
