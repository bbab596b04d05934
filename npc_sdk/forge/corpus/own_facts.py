"""Facts of the speaker or the world that are asked for without naming anything: home, kin, work, closing hour."""

from __future__ import annotations

from npc_sdk.forge.corpus.draw import Draw, Slots
from npc_sdk.forge.corpus.fact import FactKind, MakeSlots, fact_kind
from npc_sdk.forge.corpus.places import HOURS


def _value(source: str) -> MakeSlots:
    """Return a maker that draws one value by the name of a method of ``Draw``."""

    def make(draw: Draw, near: str) -> dict[str, str]:
        return {"value": str(getattr(draw, source)())}

    return make


def _hour(draw: Draw, near: str) -> dict[str, str]:
    return {"value": draw.choice(HOURS)}


def _made_name(draw: Draw, near: str) -> dict[str, str]:
    return {"value": draw.made().capitalize()}


def _task(draw: Draw, near: str) -> dict[str, str]:
    form, key = draw.choice(_TASKS)
    slots: Slots = {"good": draw.good(), "place": draw.place(), "person": draw.person()}
    return {"value": form.format(**slots), "key": slots[key], "price": draw.price()}


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
    answers="I was born in {value}.\nI come from {value}.\nI grew up in {value}.\nMy home town is {value}.",
    denials="""
    I do not know where I was born.
    Where I was born, I do not know.
    I could not say where I come from.
    Nobody ever told me where I was born.
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
    I am married to {value}.
    I love {value}.
    Yes, I am married to {value}.
    My heart belongs to {value}.
    """,
    denials="I am not married.\nI have no one.\nNo, I have no spouse.\nThere is no one. I am not married.",
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
    answers="My dog is called {value}.\nThe dog is called {value}.\nI have a dog called {value}.",
    denials="I have no dog.\nThat is not my dog. I have none.\nNo, I have no dog.",
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
    answers="I love {value}.\nI am fond of {value}.\nI like {value} best.\nBring me {value}.",
    denials="I do not know what I like.\nI have no wish.\nI want nothing.\nThere is nothing I wish for.",
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
    answers="I fear {value}.\nI am afraid of {value}.\nThe one I fear is {value}.",
    denials="I fear nothing.\nThere is nothing I fear.\nI fear no one.",
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
    answers="I serve {value}.\nI work for {value}.\nI swore an oath to {value}.\nI belong to {value}.",
    denials="I serve no one.\nI have no master.\nI work for no one but myself.\nI have no lord.",
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
    answers="I close at {value}.\nI am here until {value}.\nI lock the door at {value}.",
    denials="I do not know yet when I close.\nI have no closing time.\nI could not say when I close.",
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
    The news is all about {value}.
    People talk of {value}.
    They all speak of {value} these days.
    Have you not heard of {value}? All talk of it.
    """,
    denials="""
    There is no news.
    I have heard nothing new.
    Nothing happened. I have no news.
    I know no rumours.
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
    I need someone to {value}. I pay {price}.
    If you {value}, I will pay {price}.
    You could {value}, for {price}.
    There is work: {value}. The reward is {price}.
    """,
    denials="""
    I have no work for you.
    There is nothing to do.
    I need no help.
    No, I have no task for you.
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
    answers="The toll is {price}.\nTo pass you pay {price}.\nYou pay {price} to pass.",
    denials="There is no toll.\nI know of no toll.\nI have no toll to take.\nThere is no fee that I know of.",
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
    answers="This is {value}.\nYou are at {value}.\nWe call this place {value}.",
    denials="""
    I do not know what this place is called.
    This place has no name that I know.
    I could not say where we are.
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
    answers="The ruler is {value}.\nWe are ruled by {value}.\nThe land belongs to {value}.",
    denials="I do not know who rules.\nNobody rules here that I know of.\nI could not say who rules.",
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
    answers="We are at war with {value}.\nThe enemy is {value}.\nThe war is against {value}.",
    denials="There is no war that I know of.\nI know of no enemy.\nI have heard of no war.",
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
    answers="The town was founded by {value}.\nIt was {value} who built this town.\nOur founder was {value}.",
    denials="""
    I do not know who founded the town.
    Nobody knows who built this town.
    I could not say who founded it.
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
    answers="The river is called {value}.\nWe call the river {value}.\nThat is the river {value}.",
    denials="""
    I do not know the name of the river.
    The river has no name that I know.
    I could not say what it is called.
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
    answers="The feast begins at {value}.\nThe feast is at {value}.\nCome to the feast at {value}.",
    denials="I know of no feast.\nI do not know when the feast is.\nThere is no feast that I know of.",
)

WORLD_KINDS = (RULER, ENEMY, FOUNDER, RIVER, FEAST)
