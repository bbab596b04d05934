"""Facts that have a subject to ask for: goods, stock, places, people and rumours."""

from __future__ import annotations

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.fact import fact_kind


def _good(draw: Draw, near: str) -> dict[str, str]:
    return {"good": draw.good(near), "price": draw.price()}


def _stock(draw: Draw, near: str) -> dict[str, str]:
    return {"good": draw.good(near), "count": str(draw.number(2, 60))}


def _place(draw: Draw, near: str) -> dict[str, str]:
    return {"place": draw.place(near), "where": draw.where()}


def _person(draw: Draw, near: str) -> dict[str, str]:
    return {"person": draw.person(near), "deed": draw.deed()}


def _rumour(draw: Draw, near: str) -> dict[str, str]:
    topic, content, told = draw.choice(_RUMOURS)
    subject = draw.faction() if topic == "faction" else {"person": draw.person, "place": draw.place}[topic](near)
    other = {"person": draw.person, "place": draw.place, "good": draw.good}[told]()
    text = composed.rumour(draw.rng, subject, other) if draw.composes() else content.format(a=subject, b=other)
    return {"topic": subject, "content": text, "key": other}


GOOD = fact_kind(
    "trade",
    _good,
    shapes="""
    Sells {good} for {price}.
    Sells {good} at {price}.
    {good}: {price}.
    Has {good} for sale, {price}.
    Asks {price} for {good}.
    Offers {good} for {price} each.
    Takes {price} for {good}.
    The price of {good} is {price}.
    For sale: {good}, {price}.
    Wants {price} for {good}.
    Will part with {good} for {price}.
    Charges {price} for {good}.
    """,
    questions="""
    How much for {good}?
    What is the price of {good}?
    Do you sell {good}?
    Do you have {good}?
    I want to buy {good}.
    What do you ask for {good}?
    How much do you want for {good}?
    I am looking for {good}.
    Could I buy {good} here?
    Have you got any {good}?
    What would {good} cost me?
    Any {good} for sale?
    I need {good}. What is the price?
    Is there {good} in your stock?
    Sell me {good}.
    Give me a price for {good}.
    What do {good} go for?
    Can I get {good} from you?
    Show me your {good}. How much?
    Are you selling {good} today?
    And {good}?
    What about {good}?
    Is {good} for sale?
    What is the cost of {good}?
    """,
    answers="""
    You want {good}? That is {price}.
    You ask for {good}? I want {price}.
    For {good} I ask {price}.
    As for {good}, the price is {price}.
    """,
    denials="""
    You want {good}? I have none.
    You ask for {good}? I sell none.
    For {good} I have no price.
    As for {good}, I have none.
    """,
    subject="good",
    quoted=("price",),
)

STOCK = fact_kind(
    "stock",
    _stock,
    shapes="""
    Has {count} {good} left.
    Keeps {count} {good} in the back room.
    Owns {count} {good}.
    {good} in store: {count}.
    Counted {count} {good} this morning.
    There are {count} {good} on the shelf.
    Has a stock of {count} {good}.
    """,
    questions="""
    How many {good} do you have?
    How many {good} are left?
    How much {good} is in store?
    What is your stock of {good}?
    Count your {good} for me.
    How many {good} could I get?
    Do you have many {good} left?
    Tell me how many {good} you own.
    """,
    answers="""
    Of {good} I have {count}.
    You ask for {good}? I have {count}.
    My stock of {good} is {count}.
    """,
    denials="""
    Of {good} I have none.
    You ask for {good}? I have none.
    My stock of {good} is nothing.
    """,
    subject="good",
    quoted=("count",),
)

PLACE = fact_kind(
    "place",
    _place,
    shapes="""
    {place} lies {where}.
    {place} is {where}.
    {place} stands {where}.
    You find {place} {where}.
    {place} can be found {where}.
    Knows that {place} is {where}.
    The way to {place}: {where}.
    To reach {place}, look {where}.
    Has often been to {place}, {where}.
    Knows the way to {place}: it is {where}.
    """,
    questions="""
    Where is {place}?
    Where can I find {place}?
    How do I get to {place}?
    Which way to {place}?
    Can you show me the way to {place}?
    I am looking for {place}.
    Do you know {place}?
    Do you know where {place} is?
    I must go to {place}.
    Is {place} near here?
    What is the way to {place}?
    How far is {place}?
    I am lost. Where is {place}?
    Can you tell me how to reach {place}?
    Where does one find {place}?
    I was told to go to {place}. Where is that?
    And {place}?
    What about {place}?
    Show me the way to {place}.
    """,
    answers="""
    You want {place}? It is {where}.
    The way to {place}? It lies {where}.
    As for {place}, it is {where}.
    """,
    denials="""
    You want {place}? I do not know the way.
    The way to {place}? I do not know it.
    As for {place}, I do not know it.
    """,
    subject="place",
    quoted=("where",),
)

PERSON = fact_kind(
    "person",
    _person,
    shapes="""
    {person} {deed}.
    Knows that {person} {deed}.
    Knows {person}, who {deed}.
    About {person}: {deed}.
    Everyone knows that {person} {deed}.
    Remembers that {person} {deed}.
    Of {person}: {deed}.
    {person}, an acquaintance, {deed}.
    """,
    questions="""
    Do you know {person}?
    Who is {person}?
    What do you know about {person}?
    Tell me about {person}.
    Have you heard of {person}?
    What can you tell me of {person}?
    Does the name {person} mean anything to you?
    I am looking for {person}.
    Have you met {person}?
    What is {person} up to?
    Ever heard the name {person}?
    What of {person}?
    Is {person} a friend of yours?
    Who might {person} be?
    And {person}?
    What about {person}?
    Who is this {person}?
    """,
    answers="""
    You mean {person}? That one {deed}.
    You ask about {person}? The word is: {deed}.
    As for {person}, I know this: {deed}.
    """,
    denials="""
    You mean {person}? I do not know that name.
    You ask about {person}? I know nobody of that name.
    As for {person}, I know nothing.
    """,
    subject="person",
    quoted=("deed",),
)

RUMOUR = fact_kind(
    "rumour",
    _rumour,
    shapes="""
    Heard that {content}.
    Has heard that {content}.
    Rumour: {content}.
    A rumour says that {content}.
    Was told that {content}.
    Overheard that {content}.
    People whisper that {content}.
    Gossip of the week: {content}.
    """,
    questions="""
    Have you heard anything about {topic}?
    What do people say about {topic}?
    Any rumours about {topic}?
    Any news of {topic}?
    Is there gossip about {topic}?
    What is the talk about {topic}?
    What have you heard of {topic}?
    Did anyone speak of {topic} lately?
    Is there something going on with {topic}?
    Tell me the latest about {topic}.
    """,
    answers="""
    Of {topic} they say that {content}.
    About {topic} I heard this: {content}.
    You ask about {topic}? People whisper that {content}.
    """,
    denials="""
    Of {topic} they say nothing.
    About {topic} I heard nothing.
    You ask about {topic}? I have heard nothing.
    """,
    subject="topic",
    quoted=("key",),
)

# Kind of the topic, what is told, kind of what is told of it.
_RUMOURS = (
    ("person", "{a} was seen near {b} at night", "place"),
    ("person", "{a} has a debt with {b}", "person"),
    ("person", "{a} secretly sells {b}", "good"),
    ("person", "{a} found gold under {b}", "place"),
    ("person", "{a} will marry {b}", "person"),
    ("person", "{a} has run away with {b}", "person"),
    ("person", "{a} pays double for {b}", "good"),
    ("person", "{a} stole {b} from the mayor", "good"),
    ("person", "{a} wants to burn down {b}", "place"),
    ("place", "{a} is haunted by {b}", "person"),
    ("place", "{a} will be sold to {b}", "person"),
    ("place", "{a} is full of {b}", "good"),
    ("place", "wolves came to {a} from {b}", "place"),
    ("place", "a tunnel leads from {a} to {b}", "place"),
    ("place", "the roof of {a} fell upon {b}", "person"),
    ("place", "a thief hid {b} in {a}", "good"),
    ("place", "everyone in {a} fears {b}", "person"),
    ("faction", "{a} is hiring at {b}", "place"),
    ("faction", "{a} has kidnapped {b}", "person"),
    ("faction", "{a} buys all the {b} it can get", "good"),
    ("faction", "{a} obeys {b} now", "person"),
    ("faction", "{a} will march on {b}", "place"),
    ("faction", "{a} hides {b} from the king", "good"),
    ("faction", "{a} has lost its camp at {b}", "place"),
)

SUBJECT_KINDS = (GOOD, STOCK, PLACE, PERSON, RUMOUR)
