"""Everything random in one conversation: the generator, the split, and the words drawn so far."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from npc_sdk.forge.corpus import composed, goods, people, places
from npc_sdk.forge.corpus.loose import loosened
from npc_sdk.forge.corpus.split import Split, Table, split_of
from npc_sdk.forge.corpus.syllables import made_word, sibling_word

_T = TypeVar("_T")
Slots = Mapping[str, str]
_LOOSE_SHARE = 0.2
_COMPOSED_SHARE = 0.6
_COMPOSED_GOODS = 0.2
_PLACE_NOUNS = frozenset((*places.PLACE_NOUNS.train, *places.PLACE_NOUNS.held_out))


class Draw:
    """Draws words, names and phrasings of one split; remembers the entities.

    Not thread safe; one conversation owns it. ``flip`` turns every ``present`` coin over, which gives the twin of a
    conversation: the same card and questions with the asked things there instead of missing, and the other way round.

    Args:
        rng: Source of randomness, owned by this object from now on.
        split: The split whose words and phrasings are drawn.
        flip: Whether this is the twin.
    """

    def __init__(self, rng: random.Random, split: Split, *, flip: bool = False) -> None:
        self.rng = rng
        self.split: Split = split
        self.flip = flip
        self.entities: list[str] = []
        self.speaker = ""
        self.coin = self._coin()

    def fork(self) -> Draw:
        """Return a draw with its own randomness and the same split, coin and list of entities.

        The words of an answer come from a fork, so that twins stay alike after their answers differ.
        """
        fork = Draw.__new__(Draw)
        fork.rng = random.Random(self.rng.getrandbits(48))
        fork.split, fork.flip, fork.entities = self.split, self.flip, self.entities
        fork.coin, fork.speaker = self.coin, self.speaker
        return fork

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.rng.random() < probability

    def present(self) -> bool:
        """Toss the fair coin of a membership question, turned over in a twin."""
        return (self.rng.random() < 0.5) != self.flip

    def choice(self, rows: Sequence[_T]) -> _T:
        """Return one of the rows, whatever the split."""
        return rows[int(self.rng.random() * len(rows))]

    def pick(self, table: Table) -> str:
        """Return a row of the split's part of a table."""
        return self.choice(table.part(self.split))

    def ask(self, table: Table, /, **slots: str) -> str:
        """Return a filled row of the split's part; in training often loosely worded, see :func:`loosened`.

        A model that has met each question in a handful of forms alone takes any other form for something else.
        """
        row = self.pick(table)
        if self.split == "train" and self.chance(_LOOSE_SHARE):
            loose = loosened(self.rng, row)
            row = row if loose in table.held_out else loose
        return row.format(**slots)

    def phrase(self, rows: Table | Sequence[str], compose: Callable[[random.Random], str]) -> str:
        """Return one of the rows or, in training, more often a phrase that is put together at random."""
        if self.composes():
            return compose(self.rng)
        return self.pick(rows) if isinstance(rows, Table) else self.choice(rows)

    def composes(self, share: float = _COMPOSED_SHARE) -> bool:
        """Return whether a phrase is put together at random: in training, so often."""
        return self.split == "train" and self.chance(share)

    def number(self, low: int, high: int) -> int:
        """Return a whole number between two bounds, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def made(self) -> str:
        """Return a new lower-case word made from syllables."""
        return made_word(self.rng, self.split)

    def _own(self, make: Sequence[str]) -> str:
        """Return a composed term if it belongs to the split, else an empty text."""
        term = " ".join(make)
        return term if split_of(term) == self.split else ""

    def _keep(self, entity: str) -> str:
        self.entities.append(entity)
        return entity

    def _coin(self) -> str:
        return self.pick(goods.COINS) if self.chance(0.75) else self.made() + "s"

    def person(self, near: str = "") -> str:
        """Return a person's name; ``near`` asks for one that is spelled alike."""
        if near:
            first, _, rest = near.partition(" ")
            if rest and self.chance(0.5):
                return self._keep(f"{first} {self.made().capitalize()}")
            return self._keep(" ".join(filter(None, (sibling_word(self.rng, self.split, first).capitalize(), rest))))
        made = self.chance(0.6)
        first = self.made().capitalize() if made else self.pick(people.FIRST_NAMES)
        roll = self.rng.random()
        if roll < 0.25 and made:
            return self._keep(first)
        if roll < 0.4 and made:
            return self._keep(f"{self.choice(people.TITLES)} {first}")
        return self._keep(f"{first} {self._surname(made)}")

    def _surname(self, first_is_made: bool) -> str:
        if not first_is_made or self.chance(0.4):
            return self.pick(people.SURNAMES) if first_is_made or self.chance(0.5) else self.made().capitalize()
        return self.made().capitalize()

    def good(self, near: str = "") -> str:
        """Return a thing that can be sold, plural or uncountable; ``near`` asks for one that looks alike."""
        if near:
            return self._keep(self._near_good(near))
        if self.chance(0.5):
            return self.made_good()
        if self.composes(_COMPOSED_GOODS):
            return self._keep(composed.things(self.rng))
        plain = self.pick(goods.GOODS)
        if " " in plain or self.chance(0.6):
            return self._keep(plain)
        return self._keep(f"{self.choice(goods.QUALITIES)} {plain}")

    def made_good(self, near: str = "") -> str:
        """Return a thing with a made-up name; ``near`` asks for one that is spelled alike."""
        made = self.made_like(near.split(" ")[0]) if near else self.made()
        return self._keep(made + self.choice(("", "", "", " root", " oil", " cloth")))

    def _near_good(self, near: str) -> str:
        first, _, rest = near.partition(" ")
        if rest and first in goods.QUALITIES:
            other = (
                f"{first} {self.pick(goods.GOODS)}" if self.chance(0.5) else f"{self.choice(goods.QUALITIES)} {rest}"
            )
            return other if other != near else f"{self.made()} {rest}"
        return f"{self.choice(goods.QUALITIES)} {near}" if self.chance(0.3) and not rest else self.made_like(first)

    def made_like(self, word: str) -> str:
        """Return a word that begins like another one."""
        return sibling_word(self.rng, self.split, word)

    def place(self, near: str = "") -> str:
        """Return a place name, with its article where it has one; ``near`` asks for one that looks alike."""
        noun = self.pick(places.PLACE_NOUNS)
        if near:
            words = near.split()
            alike = len(words) > 1 and words[-1] in _PLACE_NOUNS and words[-1] != noun
            return self._keep(" ".join((*words[:-1], noun))) if alike else self.place()
        roll = self.rng.random()
        if roll < 0.4:
            return self._keep(f"{self.made().capitalize()} {noun}")
        if roll < 0.55:
            return self._keep(f"the {noun} of {self.made().capitalize()}")
        if roll < 0.65:
            return self._keep(self.made().capitalize())
        if roll < 0.75:
            return self._keep(f"the {self._pair(places.PLACE_QUALITIES, places.ANIMALS)}")
        return self._keep(f"the {self.choice(places.PLACE_QUALITIES)} {noun}")

    def _pair(self, left: Sequence[str], right: Sequence[str]) -> str:
        while True:
            pair = self._own((self.choice(left), self.choice(right)))
            if pair:
                return pair

    def town(self) -> str:
        """Return the made name of a town."""
        return self._keep(self.made().capitalize())

    def faction(self) -> str:
        """Return the name of a guild, house or band."""
        while True:
            form = self.choice((*people.FACTIONS.train, *people.FACTIONS.held_out))
            name = form.format(made=self.made().capitalize(), colour=self.choice(people.COLOURS))
            if split_of(name) == self.split:
                return self._keep(name)

    def price(self) -> str:
        """Return an amount in the coin of this conversation."""
        return f"{self.number(2, 99) if self.chance(0.6) else self.number(2, 20)} {self.coin}"

    def where(self) -> str:
        """Return the words that say where a place is."""
        if self.composes():
            return composed.where(self.rng)
        landmark, other = self.rng.sample(places.LANDMARKS, 2)
        return self.pick(places.WHERE).format(landmark=landmark, landmark_2=other)

    def role(self) -> str:
        """Return a role as a persona file spells it, with its article."""
        form = self.choice(people.ROLE_FORMS)
        quality = self.choice(people.ROLE_QUALITIES)
        role = form.format(
            role=self.phrase(people.ROLES, composed.role), town=self.made().capitalize(), quality=quality
        )
        return "an" + role[1:] if role[:2] == "a " and role[2] in "aeiou" else role

    def deed(self) -> str:
        """Return what is told of a person, beginning with the verb."""
        if self.composes():
            return composed.action(self.rng, self._named())
        return self.fill(self.pick(people.DEEDS))

    def _named(self) -> str:
        return self.choice((self.person, self.place, self.good, self.faction))()

    def fill(self, text: str, **given: str) -> str:
        """Fill every known slot of a text with given or freshly drawn words."""
        makers = {"place": self.place, "good": self.good, "person": self.person, "faction": self.faction}
        slots = dict(given)
        for name, make in makers.items():
            if "{" + name + "}" in text and name not in slots:
                slots[name] = make()
        if "{price}" in text and "price" not in slots:
            slots["price"] = self.price()
        return text.format(**slots)
