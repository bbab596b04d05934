"""More facts with a subject: single goods, relations, plants, remedies and beasts seen."""

from __future__ import annotations

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.fact import fact_kind
from npc_sdk.forge.corpus.split import Table

SINGLES = Table.words("""
rope, lamp, blanket, loaf of bread, sword, shield, dagger, axe, bow, helmet, hammer, saw, shovel, kettle, pot,
pan, bucket, barrel, basket, candle, mirror, comb, brush, ring, necklace, belt, hat, cloak, coat, shirt, dress,
pair of boots, map, book, scroll, quill, bottle of wine, mug of ale, wheel of cheese, ham, pie, fish, goose,
mule, goat, saddle, tent, net, hook, drum, flute, fiddle, bell, lock, key, chain, clock, compass, potion,
healing draught, bandage, salve, charm, doll, mask, lantern, whetstone, spade, plough, cart, boat, bed, meal,
bath, night in the stable, room for the night, ticket, battery, radio, knife
""")

_RELATIONS = tuple(
    """
    brother sister mother father cousin son daughter captain master teacher neighbour friend rival mule horse
    cat goat ship sword cook partner boss
    """.split()
)

_BEASTS = Table.words("""
goblins, wolves, bandits, trolls, bears, orcs, ghosts, spiders, soldiers, rats, ravens, giants, smugglers,
pirates, boars, dragons, snakes, robots, raiders, vampires
""")

_ILLS = Table.words("""
fever, cough, poison, burns, warts, headache, toothache, gout, bad dreams, snake bites, bleeding, the plague,
sore feet, hiccups, frostbite, scurvy, blindness, broken bones, marsh poison, sunstroke
""")

_NUMBERS = ("two", "three", "four", "five", "six", "seven", "a dozen", "some", "many")


def _one(draw: Draw, near: str) -> dict[str, str]:
    noun = draw.made() if draw.chance(0.5) else draw.phrase(SINGLES, composed.thing)
    article = "an" if noun[0] in "aeiou" else "a"
    many = noun + "s" if noun[-1] not in "sxhzy" and " " not in noun else f"{article} {noun}"
    return {"noun": noun, "one": f"{article} {noun}", "many": many, "price": draw.price()}


def _relation(draw: Draw, near: str) -> dict[str, str]:
    value = draw.person() if draw.chance(0.4) else draw.town()
    return {"relation": draw.choice(_RELATIONS), "value": value, "self": draw.speaker}


def _plant(draw: Draw, near: str) -> dict[str, str]:
    return {"plant": draw.made_good(near), "where": draw.where()}


def _remedy(draw: Draw, near: str) -> dict[str, str]:
    ill = draw.phrase(_ILLS, composed.illness) if draw.chance(0.6) else f"{draw.made()} fever"
    return {"ill": ill, "cure": draw.good()}


def _beasts(draw: Draw, near: str) -> dict[str, str]:
    beasts = draw.phrase(_BEASTS, composed.things) if draw.chance(0.7) else draw.made() + "s"
    return {"beasts": beasts, "count": draw.choice(_NUMBERS), "place": draw.place()}


ONE = fact_kind(
    "trade_one",
    _one,
    shapes="""
    {one} costs {price}.
    Sells {one} for {price}.
    {one} is {price}.
    The price of {one} is {price}.
    Asks {price} for {one}.
    For {one} the price is {price}.
    Whoever wants {one} pays {price}.
    {one} can be had for {price}.
    """,
    questions="""
    What does {one} cost?
    How much is {one}?
    Do you sell {many}?
    How much does {one} cost?
    I need {one}.
    Do you have {one}?
    What is the price of {one}?
    I would like to buy {one}.
    How much do you want for {one}?
    Can I have {one}?
    Could I buy {one} from you?
    I am looking for {one}.
    Do you have {one} to sell?
    And {one}?
    I want {one}. How much?
    """,
    answers="""
    You want {one}? That is {price}.
    You ask for {one}? I want {price}.
    For {one} I ask {price}.
    As for {one}, the price is {price}.
    """,
    denials="""
    You want {one}? I have none.
    You ask for {one}? I sell none.
    For {one} I have no price.
    As for {one}, I have none.
    """,
    subject="noun",
    quoted=("price",),
)

RELATION = fact_kind(
    "relation",
    _relation,
    shapes="""
    {self}'s {relation} is called {value}.
    Has a {relation} called {value}.
    {self}'s {relation} is {value}.
    Has a {relation} named {value}.
    The name of {self}'s {relation} is {value}.
    {self} has a {relation}, {value}.
    {value} is {self}'s {relation}.
    """,
    questions="""
    What is your {relation} called?
    Do you have a {relation}?
    Who is your {relation}?
    What is the name of your {relation}?
    Tell me about your {relation}.
    How is your {relation} called?
    Have you got a {relation}?
    Is there a {relation} in your life?
    Tell me the name of your {relation}.
    """,
    answers="""
    My {relation}? The name is {value}.
    You ask for my {relation}? That is {value}.
    As for my {relation}, the name is {value}.
    """,
    denials="""
    My {relation}? I have none.
    You ask for my {relation}? I have none.
    As for my {relation}, I have none.
    """,
    subject="relation",
    quoted=("value",),
)

PLANT = fact_kind(
    "plant",
    _plant,
    shapes="""
    The herb {plant} grows {where}.
    {plant} grows {where}.
    Knows that {plant} grows {where}.
    Gathers {plant} {where}.
    Has seen {plant} growing {where}.
    {plant} can be gathered {where}.
    """,
    questions="""
    Where does {plant} grow?
    Where do I find {plant}?
    I must gather {plant}. Where does it grow?
    Do you know where {plant} grows?
    Does {plant} grow near here?
    Where can I gather {plant}?
    Where must I look for {plant}?
    """,
    answers="""
    You want {plant}? It grows {where}.
    As for {plant}, it grows {where}.
    You seek {plant}? It is {where}.
    """,
    denials="""
    You want {plant}? I do not know where it grows.
    As for {plant}, I have never heard of it.
    You seek {plant}? I know of none.
    """,
    subject="plant",
    quoted=("where",),
)

REMEDY = fact_kind(
    "remedy",
    _remedy,
    shapes="""
    Against {ill} one needs {cure}.
    To cure {ill} one takes {cure}.
    Treats {ill} with {cure}.
    Knows that {cure} will cure {ill}.
    The cure for {ill}: {cure}.
    Gives {cure} to those with {ill}.
    """,
    questions="""
    What helps against {ill}?
    Do you have a cure for {ill}?
    How do I cure {ill}?
    I suffer from {ill}. What helps?
    What do you give against {ill}?
    How do you treat {ill}?
    Is there a cure for {ill}?
    My friend has {ill}. What can I do?
    """,
    answers="""
    Against {ill} take {cure}.
    For {ill} you need {cure}.
    The cure for {ill} is {cure}.
    """,
    denials="""
    Against {ill} I know no cure.
    For {ill} I have nothing.
    The cure for {ill} is unknown to me.
    """,
    subject="ill",
    quoted=("cure",),
)

BEASTS = fact_kind(
    "beasts",
    _beasts,
    shapes="""
    {count} {beasts} were seen at {place} last night.
    Saw {count} {beasts} at {place}.
    {count} {beasts} came to {place}.
    There were {count} {beasts} at {place} this morning.
    Knows of {count} {beasts} at {place}.
    {count} {beasts} robbed a cart at {place}.
    """,
    questions="""
    Have you seen any {beasts}?
    Are there {beasts} near here?
    Where were the {beasts} seen?
    I hunt {beasts}. Where are they?
    What do you know about the {beasts}?
    Do I have to fear {beasts} here?
    Where are the {beasts}?
    Did you see {beasts}?
    """,
    answers="""
    The {beasts}? They were seen at {place}.
    As for {beasts}, they were at {place}.
    You ask for {beasts}? Look at {place}.
    """,
    denials="""
    The {beasts}? I have seen none.
    As for {beasts}, I have seen none.
    You ask for {beasts}? I know of none.
    """,
    subject="beasts",
    quoted=("place",),
)

MORE_KINDS = (ONE, RELATION, PLANT, REMEDY, BEASTS)
