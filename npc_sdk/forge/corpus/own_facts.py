"""Facts of the speaker or the world that are asked for without naming anything: home, kin, work, closing hour."""

from __future__ import annotations

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.draw import Draw, Slots
from npc_sdk.forge.corpus.fact import FactKind, MakeSlots, fact_kind
from npc_sdk.forge.corpus.places import HOURS


def _value(source: str) -> MakeSlots:
    """Return a maker that draws one value by the name of a method of ``Draw``."""

    def make(draw: Draw, near: str) -> dict[str, str]:
        return {"value": str(getattr(draw, source)())}

    return make


def _hour(draw: Draw, near: str) -> dict[str, str]:
    return {"value": draw.phrase(HOURS, composed.hour)}


def _made_name(draw: Draw, near: str) -> dict[str, str]:
    return {"value": draw.made().capitalize()}


def _task(draw: Draw, near: str) -> dict[str, str]:
    form, key = draw.choice(_TASKS)
    slots: Slots = {"good": draw.good(), "place": draw.place(), "person": draw.person()}
    value = composed.task(draw.rng, slots[key]) if draw.composes() else form.format(**slots)
    return {"value": value, "key": slots[key], "price": draw.price()}


_TASKS = (
    ("bring {good} to {place}", "place"),
    ("find {good} for {person}", "good"),
    ("carry a letter to {person}", "person"),
    ("drive the wolves from {place}", "place"),
    ("guard {place} for a night", "place"),
    ("catch the thief {person}", "person"),
    ("collect {good} at {place}", "good"),
    ("search {place} for {good}", "place"),
    ("warn {person} at {place}", "person"),
    ("clean {place}", "place"),
)


def _own(name: str, make: MakeSlots, **texts: str) -> FactKind:
    return fact_kind(name, make, subject="", quoted=("value",), **texts)


BIRTHPLACE = _own(
    "birthplace",
    _value("town"),
    shapes="""
    Was born in {value}.
    Comes from {value}.
    Grew up in {value}.
    Hails from {value}.
    Birthplace: {value}.
    """,
    questions="""
    Where were you born?
    Where do you come from?
    Where did you grow up?
    What is your home town?
    You are not from here. Where are you from?
    Where is your family from?
    """,
    answers="""
    My home town is {value}.
    Where I was born? In {value}.
    Where I come from? From {value}.
    """,
    denials="""
    My home town is unknown to me.
    Where I was born? I do not know.
    Where I come from? I do not know.
    """,
)

KIN = _own(
    "kin",
    _value("person"),
    shapes="""
    Is married to {value}.
    Has a spouse called {value}.
    The love of this life is {value}.
    Shares a house with {value}, husband or wife for years.
    Spouse: {value}.
    """,
    questions="""
    Are you married?
    Do you have a husband or wife?
    Who is your spouse?
    Is there someone you love?
    What is the name of your husband or wife?
    """,
    answers="""
    My spouse is {value}.
    You ask whom I love? It is {value}.
    Married? Yes, to {value}.
    """,
    denials="""
    My spouse is nobody.
    You ask whom I love? I have no one.
    Married? I am not married.
    """,
)

PET = _own(
    "pet",
    _made_name,
    shapes="""
    Has a dog called {value}.
    Owns a dog named {value}.
    The dog at the door is called {value}.
    Dog: {value}.
    Goes nowhere without a dog named {value}.
    """,
    questions="""
    What is your dog called?
    Do you have a dog?
    What is the name of your dog?
    Is that your dog? What is its name?
    How do you call your dog?
    """,
    answers="""
    My dog? It is called {value}.
    The dog? The name is {value}.
    """,
    denials="""
    My dog? I have none.
    The dog? It is not my dog, I have none.
    """,
)

FAVOURITE = _own(
    "favourite",
    _value("good"),
    shapes="""
    Loves {value} more than anything.
    Is fond of {value}.
    Would do much for {value}.
    Likes {value} best.
    """,
    questions="""
    What do you like best?
    What would make you happy?
    What are you fond of?
    What can I bring you as a gift?
    What do you love?
    """,
    answers="""
    What I like best? It is {value}.
    I am fond of {value}.
    My wish? It is {value}.
    """,
    denials="""
    What I like best? I do not know.
    I am fond of nothing.
    My wish? I have none.
    """,
)

FEAR = _own(
    "fear",
    _value("person"),
    shapes="""
    Is afraid of {value}.
    Fears {value}.
    Trembles at the name of {value}.
    Has a great fear of {value}.
    """,
    questions="""
    What are you afraid of?
    Whom do you fear?
    What scares you?
    Is there anyone you fear?
    Who frightens you?
    """,
    answers="""
    I fear {value}.
    I am afraid of {value}.
    My fear? It is {value}.
    """,
    denials="""
    I fear nothing.
    I am afraid of nothing.
    My fear? I have none.
    """,
)

LOYALTY = _own(
    "loyalty",
    _value("faction"),
    shapes="""
    Serves {value}.
    Works for {value}.
    Is a member of {value}.
    Swore an oath to {value}.
    Belongs to {value}.
    """,
    questions="""
    Whom do you serve?
    Who do you work for?
    Whose side are you on?
    Who is your master?
    To whom are you loyal?
    """,
    answers="""
    I serve {value}.
    I work for {value}.
    My master is {value}.
    """,
    denials="""
    I serve no one.
    I work for nobody.
    My master is nobody.
    """,
)

CLOSING = _own(
    "closing",
    _hour,
    shapes="""
    Closes at {value}.
    Locks the door at {value}.
    Goes home at {value}.
    Is here until {value}.
    Closing time: {value}.
    """,
    questions="""
    When do you close?
    How long are you here?
    Until when are you here?
    At what hour do you close?
    When do you lock the door?
    """,
    answers="""
    When I close? At {value}.
    My closing time is {value}.
    I am here until {value}.
    """,
    denials="""
    When I close? I do not know.
    My closing time is unknown to me.
    I am here until I do not know when.
    """,
)

NEWS = _own(
    "news",
    _value("faction"),
    shapes="""
    Latest news: the king has banned {value}.
    News of the day: a ship came for {value}.
    The newest story is that soldiers fight {value}.
    The big news: a dragon was sent by {value}.
    """,
    questions="""
    What is the news?
    Any news?
    What is new in town?
    Did anything happen lately?
    Have you heard any rumours?
    What do people talk about these days?
    Heard anything interesting?
    """,
    answers="""
    The news? All talk of {value}.
    What people talk of? Of {value}.
    """,
    denials="""
    The news? I have heard nothing new.
    What people talk of? I have heard nothing.
    """,
)

QUEST = fact_kind(
    "quest",
    _task,
    shapes="""
    Pays {price} to anyone who will {value}.
    Needs someone to {value}. Reward: {price}.
    Offers work: {value}, for {price}.
    Seeks help: {value}. Pays {price}.
    Job to give away: {value}, {price}.
    Will give {price} to whoever can {value}.
    """,
    questions="""
    Do you have work for me?
    Is there anything I can do for you?
    I am looking for work.
    Do you need help?
    Do you have a job for me?
    How can I earn some money?
    Any task for someone like me?
    Have you got a quest for me?
    Can I be of use?
    """,
    answers="""
    Work? You could {value}, for {price}.
    You seek work? Go and {value}. I pay {price}.
    There is work: {value}, for {price}.
    """,
    denials="""
    Work? I have none.
    You seek work? I have none.
    There is no work that I know of.
    """,
    subject="",
    quoted=("key", "price"),
)

TOLL = fact_kind(
    "toll",
    lambda draw, near: {"price": draw.price()},
    shapes="""
    The toll is {price}.
    The gate toll is {price}.
    Everyone who passes pays {price}.
    Takes a toll of {price}.
    The fee to pass is {price}.
    """,
    questions="""
    How much is the toll?
    What does it cost to pass?
    Do I have to pay to pass?
    What is the fee?
    Is there a toll?
    How much must I pay to pass?
    """,
    answers="""
    The toll? It is {price}.
    To pass you pay {price}.
    The toll is {price}.
    """,
    denials="""
    The toll? I know of none.
    To pass you pay nothing.
    The toll is nothing.
    """,
    subject="",
    quoted=("price",),
)

HERE = _own(
    "here",
    _value("place"),
    shapes="""
    Stands guard over {value}.
    Lives in {value}.
    Spends every day at {value}.
    Runs {value}.
    Is found at {value}.
    """,
    questions="""
    Where are we?
    What is this place?
    What is this place called?
    Where am I?
    What do you call this place?
    Which place is this?
    """,
    answers="""
    This place? It is {value}.
    Where you are? At {value}.
    The name of this place is {value}.
    """,
    denials="""
    This place? I do not know its name.
    Where you are? I do not know.
    The name of this place is unknown to me.
    """,
)

OWN_KINDS = (TOLL, HERE, BIRTHPLACE, KIN, PET, FAVOURITE, FEAR, LOYALTY, CLOSING, NEWS, QUEST)


def _world(name: str, make: MakeSlots, **texts: str) -> FactKind:
    return fact_kind(name, make, subject="", quoted=("value",), **texts)


RULER = _world(
    "ruler",
    _value("person"),
    shapes="""
    {value} rules the land.
    The land is ruled by {value}.
    The throne belongs to {value}.
    The ruler is {value}.
    """,
    questions="""
    Who rules here?
    Who is in charge of this land?
    Who is your king or queen?
    Who sits on the throne?
    """,
    answers="""
    Who rules? It is {value}.
    The ruler is {value}.
    """,
    denials="""
    Who rules? I do not know.
    The ruler is unknown to me.
    """,
)

ENEMY = _world(
    "enemy",
    _value("faction"),
    shapes="""
    There is war with {value}.
    Everyone fights {value}.
    The enemy is {value}.
    The war against {value} goes on.
    """,
    questions="""
    Is there a war?
    Who is the enemy?
    Who are you fighting?
    Are we at war?
    With whom is the war?
    """,
    answers="""
    The enemy is {value}.
    A war? Yes, with {value}.
    """,
    denials="""
    The enemy is unknown to me.
    A war? I have heard of none.
    """,
)

FOUNDER = _world(
    "founder",
    _value("person"),
    shapes="""
    The town was founded by {value}.
    {value} built the first house here.
    {value} founded the town.
    It was {value} who founded this town.
    """,
    questions="""
    Who founded this town?
    Who built this town?
    How did this town begin?
    Who was the founder of this town?
    """,
    answers="""
    The founder? It was {value}.
    Who founded this town? It was {value}.
    """,
    denials="""
    The founder? I do not know.
    Who founded this town? I do not know.
    """,
)

RIVER = _world(
    "river",
    _made_name,
    shapes="""
    The river is called {value}.
    The name of the river is {value}.
    The {value} river flows by.
    River: {value}.
    """,
    questions="""
    What is the river called?
    What is the name of the river?
    How is this river called?
    Which river is this?
    """,
    answers="""
    The river? It is called {value}.
    The name of the river is {value}.
    """,
    denials="""
    The river? I do not know its name.
    The name of the river is unknown to me.
    """,
)

FEAST = _world(
    "feast",
    _hour,
    shapes="""
    The feast begins at {value}.
    Everyone waits for the feast at {value}.
    At {value} the feast begins.
    """,
    questions="""
    When is the feast?
    When does the feast begin?
    Is there a feast? When?
    At what hour is the feast?
    """,
    answers="""
    The feast? It is at {value}.
    When the feast begins? At {value}.
    """,
    denials="""
    The feast? I know of none.
    When the feast begins? I do not know.
    """,
)

WORLD_KINDS = (RULER, ENEMY, FOUNDER, RIVER, FEAST)
