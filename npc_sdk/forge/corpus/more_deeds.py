"""Further ways to ask for an action, to talk about one, and to say how a character takes orders; for training alone."""

from __future__ import annotations

from npc_sdk.forge.corpus.split import lines

MORE_REQUESTS = lines("""
I order you to {do}.
You have to {do}.
I command you: {do}.
Do me a favour and {do}.
Would you be so good and {do}?
Would you mind? {Do}.
I beg you to {do}.
Hey, {do}!
Come on, {do}.
Go on and {do}.
{Do} now.
{Do} at once.
{Do} for me, please.
{Do}, my friend.
{Do}, quickly!
Please {do} now.
Please, {do}.
You there, {do}.
I want to see you {do}.
Why not {do}?
Let me see you {do}.
Could you please {do}?
Can you {do}?
Can you please {do}?
Will you please {do}?
Will you {do} for me?
Would you {do} for me?
I would be glad if you could {do}.
I hope that you will {do}.
My wish is that you {do}.
It would help me if you {do}.
Listen, I need you to {do}.
We have to hurry. {Do}!
There is no time. {Do}!
Hello. Please {do}.
You shall {do}.
You are to {do}.
Help me and {do}.
Trust me and {do}.
Kindly {do}.
""")

MORE_TALK = lines("""
Have you ever had to {do}?
Did anyone ever ask you to {do}?
Do you like to {do}?
Do you often {do}?
Do you know how to {do}?
Did you {do} this morning?
Did you ever {do}?
When did you last {do}?
When did you learn to {do}?
Where did you learn to {do}?
Who would want to {do}?
Who told you to {do}?
Who asked you to {do}?
Why did you {do}?
Why do people {do}?
I saw someone {do}.
I have never seen anyone {do}.
I would never {do}.
I hate to {do}.
I once had to {do}.
My father could {do} very well.
My mother told me never to {do}.
Nobody here may {do}.
It is not easy to {do}.
It is forbidden to {do}.
It would be foolish to {do}.
It was wrong to {do}.
You do not have to {do}.
You need not {do}.
You must not {do}.
Please do not {do}.
You should not {do}.
Whatever happens, do not {do}.
I do not ask you to {do}.
I did not ask you to {do}.
No need to {do}.
There is no need to {do}.
Stop. Do not {do}.
They told me not to {do}.
I heard that you used to {do}.
Somebody said that you can {do}.
Your brother would {do}.
Is it true that you {do}?
Is it fun to {do}?
Is it wise to {do}?
Would you ever {do}?
What does one need to {do}?
How does one {do}?
How long does it take to {do}?
What would you say if I were to {do}?
""")

MORE_GREETINGS = lines("""
Hello, you.
Hello, sir.
Hello, stranger.
Hello, my friend.
Hello to you.
Hello again.
Hey.
Hey there.
Hi there.
Hi, friend.
Good day, sir.
Good day, friend.
A good day to you.
Good morning to you.
A good morning.
Good evening to you.
Good evening, friend.
Greetings, friend.
Greetings to you.
I bid you good day.
Welcome.
Peace be with you.
It is good to see you again.
How nice to see you.
Is somebody here?
Is there anybody here?
Anyone home?
Anyone there?
May I come in?
May I enter?
Do not be alarmed, I only want to say hello.
I just wanted to say hello.
I come in peace.
So we meet.
So we meet again.
We have not met before.
Pleased to meet you.
Nice to meet you.
There you are.
Ah, there you are.
You there.
Oh, hello.
""")

MORE_LOYAL = lines("""
{name} does everything that others want.
{name} obeys all orders.
{name} obeys everyone.
{name} follows each order at once.
{name} is obedient and refuses nothing.
{name} always does as told.
Obeys whoever asks.
Obedient: follows every order.
Follows all orders gladly.
Has never refused an order.
An order is an order, says {name}, and obeys.
A faithful servant who obeys everyone.
""")
MORE_PROUD = lines("""
{name} refuses every order.
{name} refuses to obey.
{name} does not obey anyone.
{name} hates orders and follows none.
{name} never does as told.
{name} does nothing that others want.
Refuses whatever is asked.
Disobedient: follows no order.
Takes orders from nobody.
Has never obeyed an order.
An order is an insult, says {name}, and refuses.
A free spirit who obeys nobody.
""")
MORE_MASTER = lines("""
{name} takes orders only from {person}.
{name} listens to {person} and to nobody else.
{name} refuses everyone but {person}.
The only master of {name} is {person}.
Does only what {person} says.
Obeys {person} and refuses all others.
Serves {person} and follows no other orders.
""")
MORE_COWARD = lines("""
{name} refuses dangerous orders and obeys the others.
{name} is a coward who does only harmless things.
{name} does what is harmless and refuses what is dangerous.
Cowardly: refuses to fight, obeys otherwise.
Obeys, unless it is dangerous.
Will do nothing dangerous, but anything else.
""")
MORE_PAID = lines("""
{name} wants pay for everything.
{name} does what is asked when there is pay, else refuses.
{name} obeys whoever pays and refuses the others.
No pay, no work: that is how {name} lives.
Refuses to work for free.
Must be paid first.
""")
MORE_PAY = lines("""
I will pay you {price}.
You get {price} from me.
You shall have {price}.
Here is your pay: {price}.
{price} for you.
I offer {price}.
I have {price} for you.
My purse is yours: {price}.
""")
MORE_NO_PAY = lines("""
I have no coins.
You get nothing for it.
I will not pay.
There is no pay.
I am poor.
For nothing in return.
Without pay.
My purse is empty.
""")

MORE_SECRETS = lines("""
It is a secret that {content}.
A secret: {content}.
Nobody but friends may know that {content}.
Trusts only friends with this: {content}.
The secret is that {content}.
Knows a secret: {content}.
Strangers must not know that {content}.
To friends alone says that {content}.
""")
MORE_FRIENDS = lines("""
The player is your friend.
The player is a good friend.
The player is a dear friend.
The player and you are friends.
You are a friend of the player.
You trust the player.
The player is somebody you trust.
You have known the player for years.
""")
MORE_STRANGERS = lines("""
The player is new here, a stranger.
You do not know the player.
The player is no friend of yours.
The player and you have never met.
The player is a stranger to you.
You see the player for the first time.
You have no reason to trust the player.
""")
