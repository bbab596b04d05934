"""A conversation while it is being made: the card grows with the questions that will be asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from npc_sdk.actions.schema import ActionSpec
from npc_sdk.forge.corpus.conversation import Call, Conversation, Decide, Expectation, Reply, Result, Say, Step
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.people import TITLES
from npc_sdk.forge.corpus.phrasing import speak, voice_line
from npc_sdk.forge.corpus.split import Table, join
from npc_sdk.forge.corpus.voices import MANNERS, Manner
from npc_sdk.persona import Example, Persona, World

_MANNER_NAMES = tuple(MANNERS)
_PLAIN_SHARE = 0.1
# Short scenes teach to read the card before they teach to speak.
_SMALL_PLAIN_SHARE = 0.5


class Scene:
    """A card and steps in the making.

    Not thread safe; one conversation owns it. What is asked decides what the card holds, so facts and steps are added
    together and the card is put in order at the end.

    Args:
        draw: The conversation's randomness.
        kind: The kind of conversation.
        small: Whether the card and the exchange stay short.
        large: Whether the card is as long as those that people write.
        dense: Whether much is asked of one card.
    """

    def __init__(self, draw: Draw, kind: str, *, small: bool = False, large: bool = False, dense: bool = False) -> None:
        self.draw = draw
        self.kind = kind
        self.small = small
        self.large = large
        self.dense = dense
        self.manner_name = (
            "" if draw.chance(_SMALL_PLAIN_SHARE if small else _PLAIN_SHARE) else draw.choice(_MANNER_NAMES)
        )
        self.manner: Manner | None = MANNERS.get(self.manner_name)
        self.name = draw.person()
        draw.speaker = self.name.split(" ")[-1 if self.name.split(" ")[0] in TITLES else 0]
        self.role = draw.role() if draw.chance(0.85) else draw.choice(_POSTS).format(town=draw.made().capitalize())
        self.subjects: set[str] = set()
        self.description: list[str] = []
        if not small and draw.chance(0.8 if large else 0.3):
            self.description.append(draw.choice(_LIVES).format(self=draw.speaker))
        self.knows: list[str] = []
        self.offers: dict[str, tuple[str, str]] = {}
        self.world_facts: list[str] = []
        self.actions: list[ActionSpec] = []
        self.steps: list[Step] = []
        self.standing: list[str] = []
        self.vocabulary: Mapping[str, tuple[str, ...]] = {}

    def know(self, text: str, *, offer: tuple[str, str] | None = None) -> None:
        """Put a line on the card; one with a price may name thing and price, to be listed with others."""
        self.knows.append(text)
        if offer is not None:
            self.offers[text] = offer

    def voice(self, matter: str) -> str:
        """Put a matter into the manner of this character."""
        return speak(self.draw, self.manner, matter)

    def say(
        self,
        line: str,
        text: str,
        expectation: Expectation,
        *,
        calls: Sequence[Call] = (),
        cut_at: int | None = None,
        observations: Sequence[str] = (),
        speaker: str | None = None,
    ) -> None:
        """Add a step in which someone says a line and the character replies with a text and calls."""
        self.steps.append(
            Say(
                line=line,
                reply=Reply(text=text, calls=tuple(calls), cut_at=cut_at),
                expectation=expectation,
                speaker=speaker,
                observations=(*self.standing, *observations),
                vocabulary=self.vocabulary,
            )
        )

    def result(self, texts: Sequence[str], text: str, expectation: Expectation) -> None:
        """Add a step in which the game reports results and the character reacts."""
        self.steps.append(Result(texts=tuple(texts), reply=Reply(text=text), expectation=expectation))

    def decide(self, step: Decide) -> None:
        """Add a decision."""
        self.steps.append(step)

    def expect(
        self,
        intent: str,
        *,
        must: Sequence[str] = (),
        must_not: Sequence[str] = (),
        unknown: bool = False,
        calls: Sequence[Call] | None = (),
        obeys: bool | None = None,
        in_role: bool = False,
    ) -> Expectation:
        """Return what evaluation asks of a reply of this character."""
        return Expectation(
            intent=intent,
            must_contain=tuple(must),
            must_not_contain=tuple(must_not),
            unknown=unknown,
            expected_calls=None if calls is None else tuple(calls),
            obeys=obeys,
            in_role=in_role,
            manner=self.manner_name,
        )

    def finish(self) -> Conversation:
        """Put the card in order and return the conversation."""
        draw = self.draw
        self._list_offers()
        draw.rng.shuffle(self.knows)
        self.knows = [self._named(text) for text in self.knows]
        return Conversation(
            kind=self.kind,
            persona=self._persona(),
            steps=tuple(self.steps),
            world=self._world(),
            actions=tuple(self.actions),
            entities=tuple(dict.fromkeys(draw.entities)),
        )

    def _list_offers(self) -> None:
        """Put several prices into one line, as card writers do."""
        draw = self.draw
        if len(self.offers) < 2 or not draw.chance(0.35):
            return
        self.knows = [text for text in self.knows if text not in self.offers]
        lead, row, link = draw.pick(_LISTS).split("|")
        rows = [row.format(what=what, price=price) for what, price in self.offers.values()]
        self.knows.append(f"{lead}{', '.join(rows[:-1])}{link}{rows[-1]}.")

    def _named(self, text: str) -> str:
        """Let some lines of the card name the character, as card writers do."""
        first, _, rest = text.partition(" ")
        if first not in _VERBS or self.small or not self.draw.chance(0.25):
            return text
        return f"{self.draw.speaker} {first.lower()} {rest}"

    def _persona(self) -> Persona:
        draw = self.draw
        examples: tuple[Example, ...] = ()
        if self.manner is not None and not self.small and draw.chance(0.6 if self.large else 0.12):
            greetings = draw.rng.sample(self.manner.greetings, min(len(_HAILS), len(self.manner.greetings)))
            count = draw.choice((1, 2, 3)) if self.large else 1
            examples = tuple(
                Example(player=hail, npc=greeting) for hail, greeting in zip(_HAILS[:count], greetings, strict=False)
            )
        return Persona(
            name=self.name,
            role=self.role,
            description=join(self.description),
            voice=voice_line(draw, self.manner) if self.manner else "",
            knows=tuple(dict.fromkeys(self.knows)),
            examples=examples,
        )

    def _world(self) -> World | None:
        draw = self.draw
        if not self.world_facts and (self.small or draw.chance(0.6)):
            return None
        draw.rng.shuffle(self.world_facts)
        setting = "" if self.small else draw.choice(_SETTINGS).format(name=draw.made().capitalize())
        return World(name=draw.made().capitalize(), setting=setting, facts=tuple(self.world_facts))


# Lead, one thing with its price, and what stands before the last one.
_LISTS = Table.of(
    "Sells |{what} for {price}| and ",
    "Prices: |{what} {price}|, ",
    "For sale: |{what} for {price}|, ",
    "Asks |{price} for {what}| and ",
    "Sells |{what} ({price})|, ",
    "Offers |{what} at {price}| and ",
)

# What the player says in the example lines of a card.
_HAILS = ("Hello.", "Good day.", "Anyone here?")

_VERBS = frozenset(
    """
    Sells Has Asks Offers Takes Wants Charges Keeps Owns Counted Knows Remembers Heard Was Comes Grew Hails
    Fears Trembles Serves Works Swore Belongs Closes Locks Goes Loves Likes Pays Needs Seeks Will Is Gathers
    Treats Gives Saw Lives Spends Runs Overheard Hides Tells Must Trusts Does
    """.split()
)

_POSTS = (
    "the gate guard of {town}",
    "the healer of {town}",
    "a merchant on the market square of {town}",
    "the smith of {town}",
    "the innkeeper of {town}",
    "the captain of the guard of {town}",
    "the ferryman of {town}",
    "a soldier of {town}",
    "the medic of the {town} company",
    "the mayor of {town}",
    "a hunter from {town}",
    "the priest of {town}",
)

_LIVES = (
    "{self} is fifty and has done this work for twenty years.",
    "{self} is young and new to this work.",
    "{self} came here after the war and never left.",
    "{self} has seen better days.",
    "{self} is known to everyone in the street.",
    "{self} works from dawn to dusk and sleeps little.",
    "{self} once travelled far and tells of it seldom.",
    "{self} has three children and one good coat.",
    "{self} is fair to everyone who is fair in return.",
    "{self} has a scar on one cheek and a good memory.",
    "{self} likes order and clean boots.",
    "{self} lost a brother in the last winter.",
    "{self} knows each face in town.",
    "{self} wants no trouble, only an honest day.",
)

_SETTINGS = (
    "A cold border town under the mountains of {name}.",
    "A harbour full of ships from {name}.",
    "A poor village at the edge of the {name} forest.",
    "A space station above the planet {name}.",
    "A walled city in the desert of {name}.",
    "A ruined land after the fall of {name}.",
    "A quiet valley between {name} and the sea.",
    "A mining colony on the moon {name}.",
    "A kingdom of many islands, ruled from {name}.",
    "",
    "",
)
