"""Clauses and names for questions about the speaker, the player, the world and the moment; see :mod:`.wording`."""

from __future__ import annotations

SELF = {
    "birthplace": """
    i: where you were born
    i: where you come from
    i: where you are from
    i: where you grew up
    i: which town you come from
    n: the town of your birth
    n: your home town
    Where are you from?
    From where do you come?
    Where did you come from?
    Where is your old home?
    Which town is your home?
    Where were you as a child?
    What town are you from?
    """,
    "kin": """
    i: if you are married
    i: whom you love
    i: who your spouse is
    i: to whom you are married
    i: whether you have a husband or wife
    n: the name of your spouse
    n: the one you love
    Have you a spouse?
    Do you love anyone?
    Who is your husband or wife?
    Who shares your house?
    Did you marry?
    Are you married to someone?
    What is your spouse called?
    """,
    "pet": """
    i: what your dog is called
    i: how your dog is called
    i: if you have a dog
    n: the name of your dog
    n: your dog's name
    What is your dog's name?
    What do you call your dog?
    Which name has your dog?
    Has your dog a name?
    Have you a dog?
    How is your dog called?
    Who is the dog over there?
    """,
    "favourite": """
    i: what you like
    i: what you like best
    i: what you love most
    i: what would make you happy
    i: what you wish for
    n: your favourite thing
    n: your greatest wish
    What do you like?
    What do you love most?
    What do you want most?
    What do you wish for most?
    What would please you?
    What gift would you like?
    Is there something you like?
    """,
    "fear": """
    i: what you fear
    i: whom you fear
    i: what you are afraid of
    i: who frightens you
    i: if you are afraid of someone
    n: your greatest fear
    n: the one you fear
    What do you fear?
    What do you fear most?
    Who makes you tremble?
    Who is it that you fear?
    What frightens you?
    Of what are you afraid?
    """,
    "loyalty": """
    i: whom you serve
    i: who you work for
    i: for whom you work
    i: to whom you are loyal
    i: who your master is
    n: your master
    n: your lord
    n: the one you serve
    Who do you serve?
    Who is it that you work for?
    Who do you obey?
    Are you loyal to anyone?
    In whose service are you?
    Who sent you here to work?
    To whom do you belong?
    """,
    "closing": """
    i: when you close
    i: when you go home
    i: how long you are here
    i: at what hour you lock the door
    i: until when I can come
    n: your closing time
    n: the hour at which you close
    When will you close?
    When do you leave?
    When do you lock up?
    How long will you be here?
    How long are you open?
    Until when can I come back?
    At which hour do you go home?
    """,
    "news": """
    i: what is new
    i: what the news is
    i: what people talk about
    i: what happened lately
    i: if there is any news
    n: the news
    n: the latest news
    n: the newest story
    What has happened?
    What happened here?
    What do people say?
    What do they talk about in town?
    What is everyone talking about?
    Have you any news?
    Do you have news for me?
    Is there any news?
    """,
    "quest": """
    i: if you have work for me
    i: whether there is a job for me
    i: what I can do for you
    i: how I can earn money here
    i: who needs help here
    Have you any work?
    Have you a task for me?
    Is there work here?
    I want to earn some money.
    I want to work for you.
    I need a job.
    Do you need a hand?
    What needs to be done?
    Do you have a task?
    Do you have something to do for me?
    Can I help you with something?
    Who pays for help here?
    """,
    "toll": """
    i: how much the toll is
    i: what I must pay to pass
    i: what it costs to pass
    i: if there is a toll
    n: the toll
    n: the fee to pass
    What does the toll cost?
    What do I owe for passing?
    How much do you take to let me pass?
    How much does it cost to get through?
    What must I pay at this gate?
    Do you take a toll?
    """,
    "here": """
    i: where we are
    i: where I am
    i: what this place is
    i: what this place is called
    i: how this place is called
    n: the name of this place
    n: the name of the place where we stand
    Where are we now?
    Where am I now?
    Where do we stand?
    What place have I come to?
    What is this house?
    Which place have I found?
    """,
    "ruler": """
    i: who rules here
    i: who rules this land
    i: who sits on the throne
    i: who the ruler is
    n: the ruler of this land
    n: the king or queen of this land
    Who rules?
    Who rules this land?
    Who is king or queen here?
    Who wears the crown?
    Under whose rule are we?
    """,
    "enemy": """
    i: who the enemy is
    i: if there is a war
    i: whom we fight
    i: with whom we are at war
    i: against whom the war is
    n: the enemy
    n: the name of the enemy
    Who fights against us?
    Who is our enemy?
    Who is at war with us?
    What is this war?
    Is there fighting?
    """,
    "founder": """
    i: who founded this town
    i: who built this town
    i: who built the first house here
    i: how this town began
    n: the founder of this town
    n: the name of the one who founded the town
    Who was the first to live here?
    Who built the first house?
    Who is the founder of this town?
    How did it all begin here?
    """,
    "river": """
    i: what the river is called
    i: how the river is called
    i: which river this is
    n: the name of this river
    n: the river's name
    What do they call this river?
    What is this river?
    How do you call the river?
    What is that river called?
    """,
    "feast": """
    i: when the feast is
    i: when the feast begins
    i: at what hour the feast starts
    i: if there is a feast
    n: the hour of the feast
    n: the time of the feast
    When does the feast start?
    When should I come to the feast?
    Is there a feast?
    At which hour do you feast?
    """,
    "sight": """
    i: what you see
    i: what is out there
    i: who is there
    i: if you see anyone
    i: whether anything is near
    Who do you see?
    Who is out there?
    Who is near?
    What can you see?
    What is near us?
    What is over there?
    Is someone there?
    Is anything there?
    Is there someone near?
    Do you see something?
    Have a look. Who is it?
    Look! What is there?
    """,
    "weather": """
    i: how the weather is
    i: what the weather is like
    i: what it is like outside
    i: how it is outside
    i: whether I need a coat
    n: the weather
    What is the weather like?
    What is the weather?
    How does the sky look?
    What is it like out there?
    Is it warm outside?
    Is the sky clear?
    Must I take a coat?
    """,
    "held": """
    i: what I hold
    i: what I carry
    i: what I have in my hands
    i: what I am carrying
    i: what I have brought
    What do I hold?
    What am I carrying?
    What have I got here?
    What have I here?
    What have I brought?
    What do I show you?
    What is this in my hand?
    Look at my hands. What is it?
    Do you see what I brought?
    """,
    "hour": """
    i: what time it is
    i: how late it is
    i: what the clock says
    i: which hour it is
    n: the time
    n: the hour
    What hour is it?
    What time do we have?
    What does the bell say?
    Which hour is it now?
    Have you the time?
    How late have we?
    """,
    "sound": """
    i: what that noise was
    i: what you hear
    i: what that sound is
    i: what is making that noise
    n: that noise
    n: that sound
    What is that noise?
    What was that sound?
    What did you hear?
    What can you hear?
    Was that a noise?
    Hush! What is that?
    What is it that one hears?
    """,
    "name": """
    i: what your name is
    i: who you are
    i: how you are called
    i: what I may call you
    i: what they call you
    n: your name
    Who are you?
    What are you called?
    What should I call you?
    How do you call yourself?
    With whom do I speak?
    With whom am I speaking?
    Who is speaking?
    Say your name.
    Have you a name?
    Which name do you bear?
    """,
    "role": """
    i: what you do
    i: what you do here
    i: what your work is
    i: what your trade is
    i: what kind of work you do
    n: your work
    n: your trade
    n: your role here
    What do you do here?
    What is your work?
    What is your trade?
    What is your task here?
    What do you work as?
    How do you earn your bread?
    What kind of work do you do?
    Who are you in this town?
    """,
    "mood": """
    i: how you feel
    i: how you are
    i: how it goes
    i: how you are today
    i: if you are well
    How are you?
    How are you today?
    How do you feel?
    How do you feel today?
    How does it go?
    Are you well?
    Are you fine?
    Is all well?
    How do you do?
    """,
    "secret": """
    i: what your secret is
    i: what you hide
    i: if you have a secret
    i: what you never tell anyone
    i: what nobody else knows
    n: your secret
    n: the secret that you keep
    Have you a secret?
    What do you hide?
    What secret do you keep?
    What is it that nobody knows?
    Do you keep a secret?
    Are you hiding something?
    Now tell me the secret.
    Speak of your secret.
    """,
    "go_on": """
    Go on, please.
    Please go on.
    Please speak on.
    Speak on.
    Do go on.
    Carry on.
    Keep talking.
    You can go on now.
    Go on with what you said.
    What was it that you said?
    What were you going to say?
    What were you about to say?
    What did you say?
    What was the end of that?
    Say it again, to the end.
    Forgive me, go on.
    I cut you off. Go on.
    I am sorry. What did you say?
    Finish your sentence.
    Say the rest of it.
    Tell me the end.
    I did not hear the end.
    I missed the rest.
    And the rest?
    And?
    Well, and?
    """,
    "said_name": """
    i: who I am
    i: what my name is
    i: what I am called
    i: how I am called
    i: which name I told you
    n: my name
    n: the name that I gave you
    Who did I say that I am?
    Which name did I tell you?
    What did I say my name was?
    What do you call me?
    Have you forgotten my name?
    Did I tell you my name?
    Who is speaking to you?
    """,
    "said_home": """
    i: where I come from
    i: where I am from
    i: where my home is
    i: which town I come from
    n: my home
    n: the town that I come from
    Where am I from?
    Where did I come from?
    From where did I come?
    Where did I grow up?
    Which place do I come from?
    Where did I say my home is?
    Did I tell you where I live?
    What is my home town?
    """,
    "said_errand": """
    i: what I need
    i: what I came for
    i: what I must buy
    i: what I was sent for
    i: what I have to bring home
    n: my errand
    n: the thing that I need
    What do I need?
    What must I buy?
    What did I come for?
    What did I have to get?
    What was it that I wanted?
    What did I say that I need?
    What was I looking to buy?
    What shall I bring home?
    """,
    "said_friend": """
    i: whom I seek
    i: who I am looking for
    i: whom I must find
    i: whom I came to meet
    n: the name of the person I look for
    n: the friend that I search for
    Whom do I seek?
    Who am I looking for?
    Whom must I find?
    Whom did I come to meet?
    Who was it that I wanted to find?
    For whom am I searching?
    Which friend did I speak of?
    Whom did I say that I seek?
    """,
    "said_road": """
    i: where I am going
    i: where I want to go
    i: where my road leads
    i: where I travel to
    i: which place I want to reach
    n: the place that I travel to
    n: the end of my road
    Where do I go?
    Where do I want to go?
    Where must I go?
    Where was I going?
    Where does my road lead?
    To which place am I on my way?
    Where did I say that I am going?
    What place do I want to reach?
    """,
    "said_money": """
    i: how much money I have
    i: how much I carry
    i: how much is in my purse
    i: what I have saved
    i: how many coins I have
    n: the sum in my purse
    n: the money that I have
    How much have I?
    How much do I have?
    How much money is in my purse?
    How many coins do I have?
    How much did I say that I have?
    What do I have in my purse?
    How rich am I?
    What have I saved?
    """,
}
