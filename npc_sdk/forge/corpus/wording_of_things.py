"""Clauses and names for questions about goods, places, people, rumours and the like; see :mod:`.wording`."""

from __future__ import annotations

THINGS = {
    "trade": """
    i: how much {good} cost
    i: what {good} cost
    i: what you want for {good}
    i: what I have to pay for {good}
    i: how much money you take for {good}
    i: how expensive {good} are
    i: whether you sell {good}
    i: whether you have {good}
    i: if I can buy {good} here
    i: if {good} are for sale
    i: what price you ask for {good}
    n: the price of {good}
    n: the cost of {good}
    n: your price for {good}
    What do {good} cost?
    How much are {good}?
    How much money do you want for {good}?
    Do you still sell {good}?
    Do you trade in {good}?
    Do you deal in {good}?
    Do you offer {good}?
    I would pay for {good}.
    I have money for {good}.
    Can you sell me {good}?
    Let me buy {good}.
    My wife wants {good}.
    I am here for {good}.
    Are there {good} for sale?
    I heard that you sell {good}.
    They say that you have {good}.
    For how much do you sell {good}?
    Will you sell me {good}?
    How many coins for {good}?
    What would you take for {good}?
    Some {good}, please.
    I am after {good}.
    I will buy {good} if the price is right.
    Can {good} be bought here?
    What must I give for {good}?
    Are {good} expensive?
    Have you {good} for me?
    Bring me {good}. What do I owe you?
    """,
    "trade_one": """
    i: how much {one} costs
    i: what {one} costs
    i: what you want for {one}
    i: what I have to pay for {one}
    i: how much money you take for {one}
    i: whether you sell {one}
    i: whether you have {one}
    i: if I can buy {one} here
    n: the price of {one}
    n: the cost of {one}
    n: your price for {one}
    How much money do you want for {one}?
    Do you offer {one}?
    Would you have {one}?
    I would pay for {one}.
    Can you sell me {one}?
    Let me buy {one}.
    I am here for {one}.
    They say that you have {one}.
    For how much do you sell {one}?
    Will you sell me {one}?
    How many coins for {one}?
    What would you take for {one}?
    I am after {one}.
    I will buy {one} if the price is right.
    Can {one} be bought here?
    What must I give for {one}?
    Is {one} expensive?
    {one}, please.
    Have you {one} for me?
    Have you got {one}?
    Are there any {many} here?
    Bring me {one}. What do I owe you?
    """,
    "stock": """
    i: how many {good} you have
    i: how many {good} are left
    i: how many {good} you own
    i: how many {good} lie in your store
    i: how much {good} you keep
    n: the number of your {good}
    n: your stock of {good}
    How many {good} have you?
    How many {good} are there?
    How many {good} have you got?
    How many {good} do you keep?
    How many {good} can you count?
    Have you many {good}?
    Are many {good} left?
    Are there enough {good}?
    Your {good}, how many are they?
    {good}: how many?
    """,
    "place": """
    i: where {place} is
    i: where {place} lies
    i: where {place} stands
    i: where I find {place}
    i: where to find {place}
    i: how I get to {place}
    i: how to reach {place}
    i: how one comes to {place}
    i: which road goes to {place}
    i: which way I must go to {place}
    n: the way to {place}
    n: the road to {place}
    n: the shortest way to {place}
    Where do I find {place}?
    Where might {place} be?
    How do I reach {place}?
    How does one get to {place}?
    Where must I go for {place}?
    Which direction is {place}?
    I want to go to {place}.
    I seek {place}.
    I am on my way to {place}. Where is it?
    I have to find {place}.
    Point me to {place}.
    Lead me to {place}.
    I need to get to {place}.
    I lost my way to {place}.
    Have you been to {place}?
    Help me find {place}.
    Bring me to {place}, or say where it is.
    They wait for me at {place}. Which way?
    """,
    "person": """
    i: who {person} is
    i: what {person} does
    i: what people say about {person}
    i: what you know about {person}
    i: if you have met {person}
    i: whether you know {person}
    Do you know of {person}?
    Have you ever met {person}?
    Who could {person} be?
    What about this {person}?
    What have you heard of {person}?
    What have you heard about {person}?
    What do they say of {person}?
    Say something about {person}.
    Tell me of {person}.
    Tell me who {person} might be, please.
    Someone spoke of {person}. Who is it?
    I must find {person}.
    I seek {person}.
    I am a friend of {person}.
    I was sent by {person}.
    Is {person} known to you?
    Do you remember {person}?
    What kind of man or woman is {person}?
    {person}? Who is that?
    {person}?
    Any word of {person}?
    Should I trust {person}?
    """,
    "rumour": """
    i: what they say about {topic}
    i: what you have heard about {topic}
    i: what people tell of {topic}
    i: what is going on with {topic}
    i: if there is news of {topic}
    i: whether there is a rumour about {topic}
    n: the news about {topic}
    n: the rumour about {topic}
    n: the latest gossip about {topic}
    Did you hear about {topic}?
    Have you heard about {topic}?
    Has anyone told you about {topic}?
    What do they say of {topic}?
    What do people whisper about {topic}?
    What did you hear of {topic}?
    Is there any talk about {topic}?
    Is there news of {topic}?
    Any news about {topic}?
    Any word about {topic}?
    They whisper about {topic}. What is it?
    Everyone speaks of {topic}. Why?
    Is it true what they say about {topic}?
    I heard talk of {topic}. What do you know?
    """,
    "relation": """
    i: who your {relation} is
    i: what your {relation} is called
    i: how your {relation} is called
    i: if you have a {relation}
    i: what name your {relation} has
    n: the name of your {relation}
    n: your {relation}'s name
    Have you a {relation}?
    What is your {relation}'s name?
    What do you call your {relation}?
    How do you call your {relation}?
    Which name has your {relation}?
    Do you still have a {relation}?
    Are you without a {relation}?
    And your {relation}?
    What about your {relation}?
    I would like to meet your {relation}. What is the name?
    Speak of your {relation}.
    I heard that you have a {relation}.
    """,
    "plant": """
    i: where {plant} grows
    i: where one finds {plant}
    i: where to gather {plant}
    i: where I must look for {plant}
    i: if {plant} grows here
    n: the place where {plant} grows
    Where might {plant} grow?
    Where is {plant} found?
    Where can one gather {plant}?
    Where can I pick {plant}?
    Where should I search for {plant}?
    Where can {plant} be found?
    I am looking for {plant}. Where does it grow?
    I seek the herb {plant}.
    Have you seen {plant} growing?
    Help me find {plant}.
    Does any {plant} grow around here?
    """,
    "remedy": """
    i: what helps against {ill}
    i: what cures {ill}
    i: what one takes for {ill}
    i: how to cure {ill}
    i: how {ill} is treated
    i: if there is a cure for {ill}
    n: a cure for {ill}
    n: the remedy for {ill}
    n: the best medicine for {ill}
    What is good for {ill}?
    What do I do about {ill}?
    What do you do against {ill}?
    What should one take against {ill}?
    How is {ill} cured?
    How can {ill} be treated?
    How would you treat {ill}?
    Have you something for {ill}?
    Have you got anything against {ill}?
    My child has {ill}.
    My child has {ill}. What helps?
    I am sick with {ill}. What must I take?
    Which herb helps with {ill}?
    Do you know something against {ill}?
    """,
    "beasts": """
    i: where the {beasts} are
    i: where {beasts} were seen
    i: if there are {beasts} near
    i: whether you saw {beasts}
    i: where I can find the {beasts}
    Where did you see {beasts}?
    Where can I find {beasts}?
    Where do the {beasts} hide?
    Did anyone see {beasts}?
    Has anyone seen the {beasts}?
    I seek the {beasts}.
    I look for {beasts}. Did you see any?
    I heard of {beasts}. Where?
    Someone spoke of {beasts}.
    Do {beasts} come here?
    Are we safe from {beasts}?
    Any {beasts} about?
    Which way did the {beasts} go?
    """,
}
