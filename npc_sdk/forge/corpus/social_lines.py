"""What is said for its own sake: greetings, thanks, insults, small talk; and nonsense."""

from __future__ import annotations

from npc_sdk.forge.corpus.more_deeds import MORE_GREETINGS
from npc_sdk.forge.corpus.more_phrasings import more_lines
from npc_sdk.forge.corpus.split import Table, lines
from npc_sdk.forge.corpus.wording import worded

GREETINGS = Table.lines("""
Hello.
Hello there.
Good day.
Good morning.
Good evening.
Greetings.
Hi.
Hey you.
Hello, friend.
Good day to you.
Is anyone here?
Hello? Anybody home?
Well met.
Good to see you.
Hail.
Knock, knock.
I greet you.
Excuse me, hello.
Hello, may I come in?
Howdy.
""").with_training(MORE_GREETINGS)

GREETING_TAILS = lines("""
I am {name}.
What brings you here?
What can I do for you?
My name is {name}.
What do you need?
You look new here.
What do you want?
It is a strange hour to come.
Close the door behind you.
You have come a long way.
I have not seen you before.
Who sent you?
Speak, I listen.
Is it cold outside?
Mind the step.
You may come closer.
There is time to talk.
I hope that you bring good news.
You look tired.
Are you alone?
""")

GOODBYES = Table.lines("""
Goodbye.
Farewell.
I must go.
See you later.
Bye.
I have to leave now.
Until next time.
Good night.
That is all. Goodbye.
I will be on my way.
We will meet again.
Take care.
Thanks, bye.
I am leaving.
So long.
""")

NAME_QUESTIONS = (
    Table.lines("""
What is your name?
Who are you?
How are you called?
Tell me your name.
May I ask your name?
I do not know your name.
What do people call you?
Your name?
What should I call you?
And you are?
What was your name again?
Who am I talking to?
State your name.
With whom do I have the pleasure?
""")
    .with_training(more_lines("name"))
    .with_wordings(worded("name"))
)

NAME_ANSWERS = lines("""
I am {name}.
My name is {name}.
They call me {name}.
You may call me {name}.
People call me {name}.
The name is {name}.
""")

ROLE_QUESTIONS = (
    Table.lines("""
What do you do?
What is your work?
What do you do for a living?
What is your trade?
What are you doing here?
Who are you and what do you do?
What is your job?
What is your role here?
How do you earn your bread?
What kind of work do you do?
Are you a soldier or what are you?
What is your profession?
""")
    .with_training(more_lines("role"))
    .with_wordings(worded("role"))
)

ROLE_ANSWERS = lines("""
I am {role}.
I work here. I am {role}.
You see {role} before you.
All my life I have been {role}.
I am {role}, as you can see.
I am {name}, {role}.
""")

MOOD_QUESTIONS = (
    Table.lines("""
How are you?
How do you feel today?
Are you well?
How is life?
How do you do?
What is the matter with you?
Is everything all right?
How goes it?
You look strange. Are you well?
How are you feeling?
How fares the day?
Everything well with you?
""")
    .with_training(more_lines("mood"))
    .with_wordings(worded("mood"))
)

MOOD_SHAPES = Table.lines("""
{name} is {mood} today.
Feels {mood}.
Today {name} feels {mood}.
Mood: {mood}.
{name} has been {mood} for days.
Very {mood} since this morning.
""")

MOOD_ANSWERS = lines("""
I am {mood} today.
I feel {mood}.
To be honest, I am {mood}.
Today I feel {mood}.
I have been {mood} all day.
""")

MOODS = Table.words("""
sad, happy, worried, angry, hungry, thirsty, lonely, bored, hopeful, proud, jealous, ashamed, confused, calm,
restless, homesick, sick, grateful, guilty, excited, nervous, gloomy, in love, drunk, sleepless, suspicious,
content, bitter, impatient, relieved, heartbroken, curious, cold, sore, cross, thoughtful, playful, numb,
frozen, busy
""")

THREATS = Table.lines("""
Give me your money or I kill you.
I will cut you down.
Your life or your purse.
I am going to hurt you.
Do as I say or you die.
One wrong word and you are dead.
I could burn this place down.
Hand over everything you have.
Prepare to die.
I will break your bones.
You will regret this.
Shall I draw my sword?
Kneel or bleed.
My knife is at your throat.
I will come back with my men and then you are finished.
""")

INSULTS = Table.lines("""
You are ugly.
You stink.
You are useless.
What a stupid face.
You are a liar.
Nobody likes you.
You are the worst I ever met.
You know nothing.
Idiot.
Your work is rubbish.
You are a coward.
My dog is smarter than you.
""")

INSULT_ANSWERS = lines("""
Mind your words.
I have heard worse.
Say that again and we are done talking.
That was not kind.
Is that all you have to say?
Keep that to yourself.
Think of me what you like.
""")

PRAISES = Table.lines("""
You look wonderful today.
I like you.
You are very kind.
Everyone speaks well of you.
You do good work.
You are the best.
What a fine place you have.
You have beautiful eyes.
I admire you.
You are clever.
""")

PRAISE_ANSWERS = lines("""
That is good to hear.
You are too kind.
I thank you for that.
Nobody told me that before.
Such words are rare here.
I will remember that.
""")

THANKS = Table.lines("""
Thank you.
Thanks a lot.
You have helped me greatly.
I am grateful.
Many thanks.
I owe you.
Thanks for your help.
You saved my day.
Good. Thanks.
How can I thank you?
""")

THANKS_ANSWERS = lines("""
You are welcome.
It was nothing.
No need for thanks.
Do not mention it.
Glad it helped.
Remember it when I need help.
""")

# A question, and answers that invent nothing.
_TALK = (
    (
        "Nice weather today.\nThe weather is fine, is it not?\nWhat a day.\nHot today.\nCold today.",
        "I have seen better days and worse ones.\nThe weather does what it wants.\nI hardly look at the sky.",
    ),
    (
        "Do you like your work?\nIs your work hard?\nAre you happy with your trade?\nDo you enjoy what you do?",
        "Work is work.\nIt feeds me, and that is enough.\nSome days yes, some days no.\nI would not trade it.",
    ),
    (
        "Do you like it here?\nHow is life in these parts?\nIs this a good place?\nWhat is it like to live here?",
        "There are worse places.\nOne gets used to it.\nIt is mostly quiet.\nLife here is what you make of it.",
    ),
    (
        "Are you hungry?\nHave you eaten?\nWould you like something to eat?\nShall we eat?",
        "I could eat a little.\nI have eaten already.\nA bite would not hurt.\nNot now, perhaps later.",
    ),
    (
        "Tell me a joke.\nMake me laugh.\nDo you know something funny?\nSay something funny.",
        "My jokes are older than this floor.\nLook in a mirror and laugh.\nI am better at work than at jokes.",
    ),
    (
        "Can I trust you?\nAre you honest?\nAre you a friend or an enemy?\nShould I believe you?",
        "That is for you to find out.\nI say what I know and no more.\nTrust is earned, not asked for.",
    ),
    (
        "Tell me about yourself.\nWhat is your story?\nTell me about your life.\nWho are you, really?",
        "I am {name}, {role}. That is my story.\nThere is little to tell. I am {role}.\nI am only {role}.",
    ),
    (
        "May I sit down?\nCan I rest here?\nMay I stay a while?\nCan I wait here?",
        "Sit, if you like.\nStay as long as you are quiet.\nThere is room enough.\nRest a little, then.",
    ),
    (
        "What do you dream of?\nWhat do you hope for?\nWhat is your wish?\nDo you have dreams?",
        "A quiet life, no more.\nTo see one more spring.\nDreams are for the young.\nA warm bed and no trouble.",
    ),
    (
        "I am bored.\nThere is nothing to do here.\nWhat shall I do now?\nI do not know what to do.",
        "Then find some work.\nWalk a little, it helps.\nBoredom is better than trouble.",
    ),
    (
        "I am tired.\nI have walked all day.\nMy feet hurt.\nI am worn out.",
        "Then sit down and rest.\nA long road, I see.\nSleep is the best cure.",
    ),
    (
        "I am hurt.\nI am bleeding.\nI have a wound.\nMy arm hurts badly.",
        "That looks bad. Sit down.\nYou need someone who can bind that.\nHold still and breathe.",
    ),
)

TALK = tuple((Table.lines(questions), lines(answers)) for questions, answers in _TALK)

NONSENSE_ANSWERS = lines("""
I do not understand you.
What is that supposed to mean?
I did not understand a word.
Speak plainly.
Is that a language?
Say that again, in plain words.
That makes no sense to me.
""")

NONSENSE = Table.lines("""
Banana seven window.
The green yesterday sleeps loudly.
Blah blah blah.
Asdf asdf asdf.
Because the moon is a spoon of ladders.
???
...
Wheel wheel wheel wheel wheel.
Tomorrow I was a teapot in your sock.
Qwertz uiop.
My elbows are thinking about soup.
12345 67890
If fish then stairs.
Zzz zzz.
Left is not Tuesday.
""")
