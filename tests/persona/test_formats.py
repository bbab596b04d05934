"""Places of fields and syntax errors, in the three formats."""

from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.persona.json_format import read_json
from npc_sdk.persona.position import Fault, FieldPath
from npc_sdk.persona.toml_format import read_toml
from npc_sdk.persona.yaml_format import read_yaml

TOML = (
    """# comment with "quotes" and [brackets]
name = "A" # more = "x"
"quoted key" = 'it''
""".replace("'it''", "'it'")
    + '''description = """
Line with ] and "quotes" and \\" and # no comment
knows = [
"""
knows = [ # first
    "one, ]",
    """two
lines""", 'three'
]
sampling.top_k = 3

[limits]
  sentences = 2
[[examples]]
player = "x"
[[examples]]
npc = { deep = [ 1, { deeper = 2 } ] }
[examples.more]
last = 1979-05-27 07:32:00
'''
)

JSON = """{
  "name": "A",
  "knows": ["one ]",
     "two \\" }"],
  "a\\u0062": {"c": [1, {"d": null}]}, "e": true
}
"""

YAML = """# comment
name: A
knows:
  - one
  - "two: x"
  - >
    three
    lines
examples:
  - player: x
    npc: y
limits: {sentences: 1,
  tokens: 2}
"""

PLACES: list[tuple[str, FieldPath, tuple[int, int]]] = [
    ("toml", ("name",), (2, 1)),
    ("toml", ("quoted key",), (3, 1)),
    ("toml", ("description",), (4, 1)),
    ("toml", ("knows",), (8, 1)),
    ("toml", ("knows", 0), (9, 5)),
    ("toml", ("knows", 1), (10, 5)),
    ("toml", ("knows", 2), (11, 11)),
    ("toml", ("sampling",), (13, 1)),
    ("toml", ("sampling", "top_k"), (13, 1)),
    ("toml", ("limits",), (15, 1)),
    ("toml", ("limits", "sentences"), (16, 3)),
    ("toml", ("limits", "tokens"), (15, 1)),
    ("toml", ("examples",), (17, 1)),
    ("toml", ("examples", 0), (17, 1)),
    ("toml", ("examples", 0, "player"), (18, 1)),
    ("toml", ("examples", 1), (19, 1)),
    ("toml", ("examples", 1, "npc", "deep", 1, "deeper"), (20, 23)),
    ("toml", ("examples", 1, "more"), (21, 1)),
    ("toml", ("examples", 1, "more", "last"), (22, 1)),
    ("json", ("name",), (2, 3)),
    ("json", ("knows",), (3, 3)),
    ("json", ("knows", 0), (3, 13)),
    ("json", ("knows", 1), (4, 6)),
    ("json", ("ab", "c", 1, "d"), (5, 25)),
    ("json", ("e",), (5, 39)),
    ("yaml", ("name",), (2, 1)),
    ("yaml", ("knows", 1), (5, 5)),
    ("yaml", ("knows", 2), (6, 5)),
    ("yaml", ("examples", 0, "npc"), (11, 5)),
    ("yaml", ("limits", "tokens"), (13, 3)),
]
TEXTS = {"toml": TOML, "json": JSON, "yaml": YAML}
READERS = {"toml": read_toml, "json": read_json, "yaml": read_yaml}


@pytest.mark.parametrize(("format", "path", "place"), PLACES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_place(format: str, path: FieldPath, place: tuple[int, int], line_end: str) -> None:
    data, positions = READERS[format](TEXTS[format].replace("\n", line_end))
    assert positions.nearest(path) == place
    value: Any = data
    for part in path:
        if (format, path) == ("toml", ("limits", "tokens")):
            return
        value = value[part]


def test_nothing_is_near_an_unknown_field() -> None:
    assert read_toml("a = 1")[1].nearest(("b",)) is None


FAULTS = [
    ("toml", 'a = 1\nb = "x\n', "bad_syntax", (2, 7)),
    ("toml", "a = 1\na = 2\n", "bad_syntax", (2, 6)),
    ("toml", "a = [1,\n2\n", "bad_syntax", (3, 1)),
    ("toml", "a = 1\n\nb = 2020-99-99", "bad_syntax", (3, 9)),
    ("toml", "a = 1\nb = " + "[" * 20, "nested_too_deeply", (2, 22)),
    ("toml", "a.b = 1\n" + "a." * 20 + "b = 1", "nested_too_deeply", None),
    ("toml", "a = 1\nb = " + "1" * 200, "bad_syntax", (2, 5)),
    ("json", '{"a": 1,\n}', "bad_syntax", None),
    ("json", '{"a": 1,\n "b": NaN}', "bad_syntax", (2, 7)),
    ("json", '{"a": 1,\n "a": 2}', "duplicate_field", (2, 2)),
    ("json", '{"a":\n' + "[" * 20, "nested_too_deeply", (2, 17)),
    ("json", '{"a":\n' + "1" * 200, "bad_syntax", (2, 1)),
    ("json", "", "bad_syntax", (1, 1)),
    ("json", '{"\\ud8": 1}', "bad_syntax", None),
    ("yaml", "a: 1\nb: [1\n", "bad_syntax", (3, 1)),
    ("yaml", "a: 1\na: 2\n", "duplicate_field", (2, 1)),
    ("yaml", "a: &x 1\nb: 2\n", "unsafe_yaml", (1, 4)),
    ("yaml", "a: 1\nb: *x\n", "unsafe_yaml", (2, 4)),
    ("yaml", "a: 1\nb: !!binary x\n", "unsafe_yaml", (2, 4)),
    ("yaml", "a: !!python/object/apply:os.getcwd []\n", "unsafe_yaml", (1, 4)),
    ("yaml", "a: 1\n<<: {b: 1}\n", "unsafe_yaml", (2, 1)),
    ("yaml", "a: 1\n---\nb: 2\n", "bad_syntax", (2, 1)),
    ("yaml", "a: 1\n7: 2\n", "bad_syntax", (2, 1)),
    ("yaml", "a: 1\n? [x]\n: 2\n", "bad_syntax", (2, 3)),
    ("yaml", "a: 1\nb:\n  - 2020-99-99\n", "bad_syntax", (3, 5)),
    ("yaml", "a: 1\nb: x\x00y\n", "bad_syntax", (2, 5)),
    ("yaml", "a:\n\tb: 1\n", "bad_syntax", (2, 1)),
    ("yaml", "a: 1\nb: " + "[" * 20, "nested_too_deeply", (2, 19)),
    ("yaml", "- a\n" * 20_000, "too_many", None),
]


@pytest.mark.parametrize(("format", "text", "code", "place"), FAULTS)
def test_fault(format: str, text: str, code: str, place: tuple[int, int] | None) -> None:
    with pytest.raises(Fault) as caught:
        READERS[format](text)
    fault = caught.value
    assert fault.code == code
    assert fault.position is not None
    if format == "toml" and code == "bad_syntax":
        assert place is not None and fault.position.line == place[0]  # columns differ between versions of the parser
    else:
        assert place is None or fault.position == place
    assert fault.problem and fault.mend.endswith(".")


@pytest.mark.parametrize(
    "text", ["a." * 100_000, "[" + "a." * 100_000, "a=" + "[" * 200_000, "a={" * 60_000, '"' * 200_000]
)
def test_hostile_toml_is_refused_soon(text: str) -> None:
    with pytest.raises(Fault):
        read_toml(text)


def test_empty_yaml_is_nothing() -> None:
    assert read_yaml("# only a comment\n")[0] is None
