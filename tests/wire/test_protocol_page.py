"""docs/protocol.md and the JSON Schemas are made from the messages, and say everything about them."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import DIRECTIONS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "protocol.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def make_protocol() -> ModuleType:
    """The script that makes the page."""
    spec = importlib.util.spec_from_file_location("make_protocol", DOCS / "make_protocol.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_and_schemas_are_current(make_protocol: ModuleType) -> None:
    assert make_protocol.page(PAGE) == PAGE, "run python docs/make_protocol.py"
    assert make_protocol.SCHEMAS.read_text(encoding="utf-8") == make_protocol.schemas()


def test_the_check_of_the_script() -> None:
    command = [sys.executable, str(DOCS / "make_protocol.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_page_without_its_blocks_is_refused(make_protocol: ModuleType) -> None:
    with pytest.raises(ValueError, match="messages"):
        make_protocol.page("# The protocol\n")


def test_every_message_is_on_the_page(make_protocol: ModuleType) -> None:
    every = {message for listed in DIRECTIONS.values() for message in listed}
    assert every == set(make_protocol.NOTES)
    assert every == {message for listed in make_protocol.SECTIONS.values() for message in listed}
    for message in every:
        assert f"\n#### `{message.model_fields['type'].default}`\n" in PAGE


def test_every_field_is_explained(make_protocol: ModuleType) -> None:
    models = [*make_protocol.NOTES, *make_protocol.EVENTS, *make_protocol.RESULTS, *make_protocol.PARTS]
    for model in models:
        named = set(model.model_fields) - {"type", "kind"}
        said = set(make_protocol._arguments(model)) - {"kind"}
        assert named == said, model


def test_links_lead_somewhere() -> None:
    titles = {re.sub(r"[^\w -]", "", line.lstrip("# ")).strip().lower().replace(" ", "-") for line in _titles()}
    for target in re.findall(r"\]\(#([^)]+)\)", PAGE):
        assert target in titles, target
    for file in re.findall(r"\]\(([\w./-]+)\)", PAGE):
        assert (DOCS / file).exists(), file


def _titles() -> list[str]:
    return [line for line in PAGE.splitlines() if line.startswith("#")]


def test_titles_that_are_linked_stand_once() -> None:
    titles = [line.lstrip("# ").strip("`").lower() for line in _titles()]
    linked = {target.replace("-", " ") for target in re.findall(r"\]\(#([^)]+)\)", PAGE)}
    assert not [title for title in linked if titles.count(title) > 1]


def test_the_page_names_the_version() -> None:
    assert f"Version **{m.PROTOCOL}**" in PAGE


def test_examples_on_the_page_are_messages() -> None:
    from pydantic import ValidationError

    by_type = {message.model_fields["type"].default: message for listed in DIRECTIONS.values() for message in listed}
    examples = re.findall(r"```json\n(.*)\n```", PAGE)
    assert len(examples) == len(by_type)
    for example in map(json.loads, examples):
        example.pop("limits", None)
        try:
            by_type[example["type"]].model_validate(example)
        except ValidationError as error:
            assert example["type"] == "welcome" and error.error_count() == 1


def test_the_schemas_know_every_message(make_protocol: ModuleType) -> None:
    document = json.loads(make_protocol.schemas())
    assert document["x-protocol"] == m.PROTOCOL
    assert len(document["oneOf"]) == len(make_protocol.NOTES)
    for name, definition in document["$defs"].items():
        assert definition.get("description"), name
        assert "additionalProperties" not in definition or definition["additionalProperties"] is not False


def test_exactly_one_schema_fits_an_event_or_a_result(make_protocol: ModuleType) -> None:
    definitions = json.loads(make_protocol.schemas())["$defs"]
    for message, field in (("Event", "event"), ("End", "result")):
        names = [one["$ref"].rpartition("/")[2] for one in definitions[message]["properties"][field]["oneOf"]]
        kinds = {name: definitions[name]["properties"]["kind"] for name in names}
        fixed = [kind["const"] for kind in kinds.values() if "const" in kind]
        (other,) = (kind for kind in kinds.values() if "const" not in kind)
        assert sorted(other["not"]["enum"]) == sorted(fixed)
        assert all("kind" in definitions[name]["required"] for name in names)


def test_the_schemas_ask_for_the_type(make_protocol: ModuleType) -> None:
    document = json.loads(make_protocol.schemas())
    for one in document["oneOf"]:
        assert "type" in document["$defs"][one["$ref"].rpartition("/")[2]]["required"]
