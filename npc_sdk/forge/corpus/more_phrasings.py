"""Further ways to ask and to write the same things, for training alone.

What is held out is chosen among the phrasings beside the kinds; these only add to the other side. A kind that is met in
five forms is not understood in a sixth.
"""

from __future__ import annotations

from npc_sdk.forge.corpus.split import lines

_QUESTIONS = {
    "trade": """
    Got {good}?
    Would you sell me {good}?
    Name your price for {good}.
    I would like some {good}.
    {good}, how much?
    How expensive are your {good}?
    Are {good} sold here?
    May I buy {good}?
    Let me have {good}.
    I came for {good}.
    Tell me the price of {good}.
    What must I pay for {good}?
    I want {good}.
    {good}?
    """,
    "trade_one": """
    Would you sell me {one}?
    Name your price for {one}.
    {one}, how much?
    How expensive is {one}?
    May I buy {one}?
    I came for {one}.
    What must I pay for {one}?
    Tell me the price of {one}.
    Is {one} for sale?
    Let me have {one}.
    What would {one} cost me?
    Sell me {one}.
    """,
    "stock": """
    What number of {good} do you have?
    Is there still {good} in store?
    How big is your store of {good}?
    Do you know how many {good} there are?
    How many {good} lie on your shelf?
    What is left of the {good}?
    """,
    "place": """
    Where lies {place}?
    In which direction is {place}?
    I want to see {place}. Where is it?
    Which road leads to {place}?
    I cannot find {place}.
    How can I reach {place}?
    Is it far to {place}?
    Take me to {place}, or tell me the way.
    Someone waits for me at {place}. Where is it?
    Describe the way to {place}.
    {place}, where is that?
    Could you tell me where {place} stands?
    """,
    "person": """
    I heard the name {person}. Who is that?
    What sort of person is {person}?
    Are you a friend of {person}?
    Anything you can say about {person}?
    Who is {person}, if I may ask?
    Do you know someone called {person}?
    I want to know more about {person}.
    {person}, who is that?
    What does {person} do?
    """,
    "rumour": """
    What is being said about {topic}?
    What news is there of {topic}?
    Is anything known about {topic}?
    What happened to {topic}?
    Do people talk about {topic}?
    Tell me what you heard about {topic}.
    Do you know a rumour about {topic}?
    What goes on with {topic}?
    Any gossip on {topic}?
    """,
    "relation": """
    Who would your {relation} be?
    Your {relation}, who is that?
    I would like to know who your {relation} is.
    By what name does your {relation} go?
    Say something about your {relation}.
    Has your {relation} a name?
    """,
    "plant": """
    In what place does {plant} grow?
    I need {plant}. Where is it found?
    Can {plant} be found near here?
    {plant}, where does that grow?
    Where have you seen {plant}?
    Is there {plant} in these parts?
    Who can tell me where {plant} grows?
    """,
    "remedy": """
    Which medicine is good for {ill}?
    I have {ill}. Can you help?
    What can one do against {ill}?
    What cures {ill}?
    How does one get rid of {ill}?
    Give me something for {ill}.
    What should I take for {ill}?
    """,
    "beasts": """
    Were there {beasts} around?
    Where have the {beasts} gone?
    Tell me of the {beasts}.
    Any sign of {beasts}?
    Are the {beasts} close?
    Is it true that {beasts} are about?
    Which place do the {beasts} haunt?
    """,
    "birthplace": """
    What place are you from?
    From which town are you?
    In which town were you born?
    What was your first home?
    Where is your home?
    Were you born here?
    Tell me where you come from.
    Which town do you come from?
    Where did you live as a child?
    """,
    "kin": """
    Do you have a spouse?
    Whom did you marry?
    Is there a husband or a wife?
    Who waits for you at home?
    Whom do you love?
    To whom are you married?
    Have you a wife or a husband?
    Tell me of your spouse.
    Are you alone in life?
    """,
    "pet": """
    Who is this dog?
    Tell me the name of your dog.
    Does your dog have a name?
    I see a dog. What is it called?
    Is this dog yours?
    By what name do you call your dog?
    Have you got a dog?
    A nice dog. What is its name?
    """,
    "favourite": """
    What is your favourite thing?
    Which gift would please you?
    What do you enjoy most?
    I want to give you something. What would you like?
    What do you wish for?
    What makes you happy?
    Tell me what you like.
    Is there a thing that you love?
    What pleases you most?
    """,
    "fear": """
    Is there someone who scares you?
    What makes you tremble?
    Do you fear anyone?
    Of whom are you afraid?
    Tell me what you fear.
    What is your greatest fear?
    Who scares you?
    Are you afraid of someone?
    """,
    "loyalty": """
    Who gives you orders?
    Who is your lord?
    For whom do you work?
    Do you serve anyone?
    Whom do you obey?
    To whom did you swear an oath?
    Who pays you?
    Which lord do you serve?
    """,
    "closing": """
    When do you go home?
    At what time do you leave?
    How late are you open?
    When is closing time?
    Until what hour can I find you?
    Tell me when you close.
    When does your day end?
    What time do you lock up?
    """,
    "news": """
    What is going on in town?
    Tell me the news.
    Has anything happened?
    Is there something new?
    What does everyone talk about?
    What have I missed?
    Do you know any news?
    Anything new?
    What is the talk of the town?
    """,
    "quest": """
    I need work.
    Is there a job for me?
    Could you use some help?
    Is there some work to do?
    Give me a task.
    I would like to help you.
    Do you pay for work?
    What can I do for you?
    Is there something to earn here?
    Who has work for me?
    """,
    "toll": """
    What do I pay to pass?
    How high is the toll?
    Must one pay here?
    Tell me the toll.
    What do you charge to let me pass?
    Can I pass for free?
    How much to get through?
    What is the toll at this gate?
    """,
    "here": """
    Tell me where we are.
    Where is this?
    What is the name of this place?
    Does this place have a name?
    Where have I come to?
    Where did I end up?
    How is this place called?
    I am lost. Where am I now?
    """,
    "ruler": """
    Who is the ruler of this land?
    Tell me who rules.
    Who has the power here?
    Whom do people here obey?
    Who governs this land?
    Does this land have a king or queen?
    Whose land is this?
    """,
    "enemy": """
    Against whom is the war?
    Do you have enemies?
    Who are your enemies?
    Is this land at war?
    Whom do you fight?
    Who attacks you?
    Tell me about the war.
    """,
    "founder": """
    Tell me who founded the town.
    By whom was this town founded?
    Who made this town?
    Who came here first?
    Who laid the first stone of this town?
    Do you know who founded the town?
    Who started this town?
    """,
    "river": """
    Tell me the name of the river.
    Does the river have a name?
    The river, what is its name?
    What do you call the river?
    What river flows here?
    I saw a river. What is it called?
    """,
    "feast": """
    At what time is the feast?
    Tell me when the feast begins.
    When will the feast start?
    When do you feast?
    What time does the feast begin?
    I came for the feast. When is it?
    Do you know the hour of the feast?
    """,
}

_SHAPES = {
    "trade": "You can buy {good} here for {price}.\n{good} cost {price} here.\nThere is {good} at {price}.",
    "trade_one": "You can buy {one} here for {price}.\nHas {one} to sell for {price}.\n{one}: {price}.",
    "stock": "In the store there are {count} {good}.\nStill has {count} {good}.\nOf {good} there are {count}.",
    "place": "{place}: {where}.\nSays that {place} is {where}.\nIt is known that {place} lies {where}.",
    "person": """
    It is said that {person} {deed}.
    Says that {person} {deed}.
    {person}: {deed}.
    Met {person}, who {deed}.
    """,
    "rumour": "They say that {content}.\nIt is said that {content}.\nTalk of the town: {content}.",
    "plant": "There is {plant} {where}.\n{plant} is found {where}.\n{plant}: {where}.",
    "remedy": "{ill} is cured with {cure}.\nFor {ill} there is {cure}.\nHelps people with {ill} by giving {cure}.",
    "beasts": """
    {count} {beasts} hide at {place}.
    They saw {count} {beasts} at {place}.
    At {place} there are {count} {beasts}.
    """,
    "birthplace": "Is from {value}.\nThe old home is {value}.\nLeft {value} as a child.",
    "kin": "Loves {value}.\nMarried {value}.\nHusband or wife: {value}.",
    "pet": "Has a dog, {value}.\nThe dog is {value}.\nThe name of the dog is {value}.",
    "favourite": "Likes {value}.\nThe favourite thing is {value}.\nCannot resist {value}.",
    "fear": "Is scared of {value}.\nThe greatest fear is {value}.\nHides from {value}.",
    "loyalty": "Takes pay from {value}.\nThe lord is {value}.\nIs loyal to {value}.",
    "closing": "Leaves at {value}.\nThe door is closed at {value}.\nWorks until {value}.",
    "news": """
    All the talk is about {value}.
    The newest story is about {value}.
    It is new that there is trouble with {value}.
    """,
    "quest": "Has work: {value}. The pay is {price}.\nWants someone to {value} for {price}.",
    "toll": "To pass costs {price}.\nWho wants to pass must pay {price}.\nToll: {price}.",
    "here": "Works at {value}.\nThis place is {value}.\nThe place is called {value}.",
    "ruler": "{value} is the ruler.\nThe one who rules is {value}.\nAll obey {value}.",
    "enemy": "The land is at war with {value}.\n{value} is the enemy.\nAll fear {value}, the enemy.",
    "founder": "The founder of the town was {value}.\nLong ago {value} founded the town.",
    "river": "The river here is {value}.\nThere flows the {value}.\nPeople call the river {value}.",
    "feast": "There is a feast at {value}.\nThe feast is at {value}.\nFeast: {value}.",
}

_LINES = {
    "sight": """
    What is in front of us?
    Can you see something?
    Who is there?
    Is anyone near?
    Do you notice anything?
    Can you see anyone?
    What is there to see?
    Describe what you see.
    """,
    "weather": """
    Is the weather good?
    Is it cold outside?
    What about the weather?
    How is it outside?
    Does it rain?
    What weather is it?
    Tell me how it is outside.
    """,
    "held": """
    What did I bring?
    Look, what do I have?
    What do I carry?
    Can you see what I hold?
    Do you know what this is in my hand?
    See what I have here?
    Tell me what I am holding.
    """,
    "hour": """
    Tell me the time.
    What is the time?
    Is it late?
    Which hour is it?
    Can you tell me the time?
    How early is it?
    """,
    "sound": """
    Did you hear something?
    What makes that noise?
    Do you hear anything?
    Something makes a noise. What is it?
    Tell me what you hear.
    Is there a sound?
    What was that?
    """,
    "name": """
    Who might you be?
    Do you have a name?
    By what name do you go?
    And who are you?
    How do they call you?
    Give me your name.
    Let me know your name.
    What name do you have?
    Tell me who you are.
    Which name shall I remember?
    How shall I call you?
    What do I call you?
    """,
    "role": """
    What work do you do?
    Tell me what you do.
    What is it that you do here?
    Do you have a profession?
    By what work do you live?
    Tell me about your work.
    What are you?
    What is your place here?
    Which trade do you follow?
    Do you work here?
    """,
    "mood": """
    Are you all right?
    How is your day?
    What is your mood?
    Do you feel well?
    How have you been?
    Are you in a good mood?
    How are things with you?
    Tell me how you feel.
    """,
    "secret": """
    Reveal your secret.
    I know that you have a secret.
    Whisper me your secret.
    There is a secret, is there not?
    What is it that you hide?
    Do you hide something?
    Which secrets do you have?
    Will you tell me a secret?
    Trust me with your secret.
    What do you not tell?
    """,
    "go_on": """
    And what then?
    Please continue.
    Say the rest.
    I am listening again. Go on.
    What comes next?
    Finish what you said.
    Tell me the rest.
    Now speak on.
    Forgive me, you wanted to say something?
    """,
}


def more_questions(kind: str) -> tuple[str, ...]:
    """Return further questions for a kind of fact."""
    return lines(_QUESTIONS.get(kind, ""))


def more_shapes(kind: str) -> tuple[str, ...]:
    """Return further lines of a card for a kind of fact."""
    return lines(_SHAPES.get(kind, ""))


def more_lines(name: str) -> tuple[str, ...]:
    """Return further things that players say; by the name of what they ask for."""
    return lines(_LINES[name])
