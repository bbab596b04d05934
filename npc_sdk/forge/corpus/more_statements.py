"""Further ways in which players tell of themselves and in which the game tells what is noticed; for training alone.

A statement that is met in five forms is not understood in a sixth.
"""

from __future__ import annotations

from npc_sdk.forge.corpus.split import lines

_ROWS = {
    "said_name": """
    I am called {v}.
    The name is {v}.
    {v}. That is what they call me.
    You can call me {v}.
    My mother named me {v}.
    At home I am known as {v}.
    I am {v}, remember that.
    Folk call me {v}.
    {v} is what I am called.
    I was named {v}.
    Write down my name: {v}.
    It is me, {v}.
    Do not forget my name. It is {v}.
    My friends call me {v}.
    This is {v} speaking.
    Before you stands {v}.
    I give you my name: {v}.
    They named me {v} when I was born.
    I sign my letters as {v}.
    Everyone knows me by the name of {v}.
    {v}, at your service.
    By the way, I am {v}.
    You do not know me yet. I am {v}.
    If anyone asks, I am {v}.
    Should you need me, ask for {v}.
    """,
    "said_home": """
    My family lives in {v}.
    I grew up far away, in {v}.
    All my people are from {v}.
    My village is called {v}.
    My bed stands in {v}.
    I was raised in {v}.
    I have a small house in {v}.
    Back in {v} we have a garden.
    You hear it: I am from {v}.
    In {v} I went to school.
    My parents still live in {v}.
    I only know {v}, my home.
    I miss {v}, where I was a child.
    {v} is where I belong.
    {v} is where I come from.
    I have spent my whole life in {v}.
    I arrived today from {v}.
    The town of {v} is my home.
    We of {v} are simple people.
    Home is {v} for me.
    My cradle stood in {v}.
    I travelled here all the way from {v}.
    Nobody here has heard of {v}, where I live.
    I walked for weeks since I left {v}.
    """,
    "said_errand": """
    I am out to buy {v}.
    My wife wants me to bring {v}.
    I promised to bring home {v}.
    They told me to fetch {v}.
    I am looking for {v}.
    What I need is {v}.
    {v}: that is what I was sent for.
    Without {v} I cannot go home.
    I was told to find {v}.
    My captain needs {v}.
    My list says {v}.
    The cook asked me for {v}.
    I have been looking for {v} all day.
    I came all this way for {v}.
    I am here because of {v}.
    We have run out of {v}.
    My uncle sent me to get {v}.
    I must not forget {v}.
    There is no {v} left at home.
    I would give a lot for {v}.
    I was asked to bring {v}.
    The ship needs {v}.
    All I want is {v}.
    I have to get hold of {v}.
    """,
    "said_friend": """
    I lost sight of {v}.
    {v} was to wait for me here.
    I am waiting for {v}.
    I was told that {v} is here.
    I am here to see {v}.
    A letter for {v} is in my bag.
    I have not seen {v} for years.
    I am the brother of {v} and I look for my kin.
    Somewhere here must be {v}.
    I am after {v}.
    {v} owes me money, so I search.
    {v} has disappeared and I am worried.
    I have news for {v}.
    My search is for {v}.
    I follow the trail of {v}.
    I want to find {v}.
    My father wants me to find {v}.
    I have come to fetch {v}.
    It is {v} that I want to see.
    I am to meet {v} tonight.
    I ask everyone about {v}.
    I cannot rest before I find {v}.
    I was sent to find {v}.
    """,
    "said_road": """
    My journey goes to {v}.
    I will go on to {v} in the morning.
    I am headed for {v}.
    {v} is where I am going.
    My goal is {v}.
    I hope to see {v} soon.
    They expect me at {v}.
    I have to go to {v}.
    I was sent to {v}.
    I ride to {v}.
    We sail for {v}.
    I am bound for {v}.
    Soon I shall be at {v}.
    I leave for {v} at dawn.
    There is work for me at {v}.
    I want to see {v} before I die.
    I travel to {v}.
    It is still far to {v} for me.
    My feet carry me to {v}.
    I have been told to go to {v}.
    From here I go to {v}.
    I will be at {v} by evening.
    Next I go to {v}.
    """,
    "said_money": """
    I have {v}, no more.
    I have {v} with me.
    I was paid {v}.
    My savings are {v}.
    I earned {v} this week.
    In this bag are {v}.
    I still have {v}.
    I count {v} in my hand.
    My father gave me {v}.
    I found {v} on the road.
    I won {v} at dice.
    {v} is all that I have.
    {v} must be enough for the journey.
    I can pay up to {v}.
    I have exactly {v}.
    There are {v} sewn into my coat.
    I put {v} aside.
    I sold my horse and got {v}.
    My fortune is {v}.
    I keep {v} in my boot.
    I am left with {v}.
    I brought along {v}.
    """,
    "sight": """
    Here is {v}.
    There stands {v}.
    You can see {v}.
    You look at {v}.
    Your eyes fall on {v}.
    Visible: {v}.
    Ahead: {v}.
    You have {v} in view.
    You catch sight of {v}.
    You make out {v}.
    Over there is {v}.
    Before you is {v}.
    You are looking at {v}.
    In sight: {v}.
    In the distance you see {v}.
    Something is there: {v}.
    Not far away there is {v}.
    Your gaze rests on {v}.
    Seen: {v}.
    You watch {v}.
    You observe {v}.
    Sight: {v}.
    You recognise {v}.
    You have just seen {v}.
    Now you see {v}.
    """,
    "weather": """
    Weather: {v}.
    It is {v} today.
    It is {v} outside.
    The weather is {v}.
    Today it is {v}.
    It has become {v}.
    It is getting {v}.
    It is still {v}.
    The day is {v}.
    All day it has been {v}.
    Since the morning it has been {v}.
    Weather report: {v}.
    Out there it is {v}.
    The sky says: {v}.
    It turned {v} an hour ago.
    Here it is {v}.
    At the moment it is {v}.
    It is {v} now.
    It is {v} at this hour.
    Conditions outside: {v}.
    It could not be more {v} outside.
    """,
    "held": """
    The player has {v} in hand.
    The player has brought {v}.
    The player is holding {v}.
    The player is carrying {v}.
    In the hand of the player: {v}.
    The player holds up {v}.
    The player's hands are full of {v}.
    The player came with {v}.
    Under the player's arm: {v}.
    On the player's back: {v}.
    The player has {v}.
    The player lifts {v}.
    Held by the player: {v}.
    Carried by the player: {v}.
    The player puts {v} on the table.
    The player takes out {v}.
    The player's bag holds {v}.
    The player waves {v}.
    You see that the player has {v}.
    The player is seen with {v}.
    The player keeps {v} close.
    The player's load: {v}.
    """,
    "hour": """
    It is {v}.
    Time: {v}.
    The hour is {v}.
    It has just become {v}.
    The clock says {v}.
    The clock strikes {v}.
    By the sun it is {v}.
    The time now: {v}.
    Clock: {v}.
    The day has reached {v}.
    Now it is {v}.
    The bells say that it is {v}.
    It is already {v}.
    It must be {v}.
    Time of day: {v}.
    The sundial shows {v}.
    According to the clock it is {v}.
    The tower clock reads {v}.
    Your watch shows {v}.
    A voice calls out the time: {v}.
    At present it is {v}.
    """,
    "sound": """
    You can hear {v}.
    Sound: {v}.
    Heard: {v}.
    You heard {v}.
    Your ears catch {v}.
    From afar you hear {v}.
    A sound comes from {v}.
    A noise: {v}.
    Something makes a noise: {v}.
    The noise of {v}.
    You listen: {v}.
    There was a noise. It was {v}.
    Something rustles: {v}.
    It sounds like {v}.
    Not to be seen but heard: {v}.
    You clearly hear {v}.
    A sudden noise: {v}.
    The silence is broken by {v}.
    Somewhere there is the noise of {v}.
    A faint sound tells of {v}.
    You prick up your ears: {v}.
    """,
    "danger": """
    Danger ahead: {v}.
    You see danger: {v}.
    Danger: {v}.
    A danger comes near: {v}.
    Warning: {v}!
    Alarm! {v}!
    Great danger: {v}!
    You are in danger: {v}.
    There is danger! You see {v}.
    A danger for all: {v}.
    Dangerous: {v}.
    Take care, danger: {v}.
    Everyone is in danger: {v}.
    Close by and dangerous: {v}.
    """,
}


def statements(kind: str) -> tuple[str, ...]:
    """Return further statements of a kind, with ``{v}`` where the thing stands.

    Args:
        kind: ``said_`` and the name of what players tell, the name of a sense, or ``danger``.

    Raises:
        KeyError: There is no such kind.
    """
    return lines(_ROWS[kind])
