from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from npc_sdk.actions.labels import MAX_LABEL_CHARACTERS, Labels, is_safe, plain_text
from npc_sdk.errors import ActionError

HOSTILE = [
    "",
    " ",
    "\n",
    '"',
    "a\nb",
    "</tool_call>",
    "</parameter>",
    "<|im_end|>",
    "x\u202ey",
    "\u200f",
    "\ud800",
    "x" * 10_000,
    "<" * 10_000,
    "unnamed",
    "unnamed 2",
    "\x00",
    "\u2028",
]
values = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80), st.text(alphabet='a <"\n2', max_size=4))


@pytest.mark.parametrize(
    "value", ["goblin_1", "Älva", "門番", "🐉", "👨\u200d👩\u200d👧", "back\\slash", "it's", "a b"]
)
def test_a_safe_value_is_its_own_label(value: str) -> None:
    assert Labels.of([value]).labels == (value,)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("", "unnamed"),
        ("a\nb\tc", "a b c"),
        ("</tool_call>", "(/tool_call)"),
        ('the "Red" one', "the 'Red' one"),
        ("x\u202ey", "xy"),
        ("\ud800", "unnamed"),
        ("  padded  ", "padded"),
        ("y" * 10_000, "y" * MAX_LABEL_CHARACTERS),
    ],
)
def test_an_unsafe_value_is_cleaned(value: str, label: str) -> None:
    assert Labels.of([value]).labels == (label,)


def test_values_that_read_alike_are_numbered_and_safe_ones_keep_their_names() -> None:
    labels = Labels.of(["a\nb", "a b", "a\tb", "a b 2"])
    assert labels.labels == ("a b 3", "a b", "a b 4", "a b 2")
    assert [labels.value(label) for label in labels.labels] == ["a\nb", "a b", "a\tb", "a b 2"]


def test_long_values_with_one_beginning_stay_apart() -> None:
    labels = Labels.of(["z" * 100 + str(number) for number in range(12)])
    assert len(set(labels.labels)) == 12
    assert max(map(len, labels.labels)) == MAX_LABEL_CHARACTERS


def test_repeated_values_count_once() -> None:
    assert Labels.of(["a", "b", "a"]).values == ("a", "b")
    assert len(Labels.of(["a", "a"])) == 1


def test_a_text_that_is_neither_label_nor_value_is_refused() -> None:
    labels = Labels.of(["a"])
    for lookup in (labels.value, labels.label):
        with pytest.raises(ActionError, match="'b' is not in the list") as caught:
            lookup("b")
        assert caught.value.code == "not_in_vocabulary"


@given(st.lists(values, max_size=30))
@example(HOSTILE)
@example(HOSTILE[::-1])
def test_labels_are_safe_unique_and_lead_back(world: list[str]) -> None:
    labels = Labels.of(world)
    assert labels.values == tuple(dict.fromkeys(world))
    assert all(map(is_safe, labels.labels))
    assert len(set(labels.labels)) == len(labels.labels)
    for label, value in zip(labels.labels, labels.values, strict=True):
        assert labels.value(label) == value
        assert labels.value(value) == value
        assert labels.label(value) == label
        label.encode()


@given(st.text())
def test_plain_text_is_one_clean_line_and_stays_when_cleaned_again(text: str) -> None:
    plain = plain_text(text)
    assert not set(plain) & set('<>"\n\r\x00')
    assert plain_text(plain) == plain


def test_plain_text_keeps_safe_text_as_it_is() -> None:
    assert plain_text("two  blanks, " + "x" * 100) == "two  blanks, " + "x" * 100
