"""The manners of speech: how a card names them and the words that give them away."""

from __future__ import annotations

from dataclasses import dataclass

from npc_sdk.forge.corpus.split import Table, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """One manner of speech.

    ``keywords`` are the words that a card's voice line uses for it; all other fields are whole sentences: before or
    after the matter, and for turns that are all manner (greeting, goodbye, mood, a threat heard, refusal, not knowing).
    """

    name: str
    keywords: tuple[str, ...]
    openers: tuple[str, ...]
    closers: tuple[str, ...]
    greetings: tuple[str, ...]
    goodbyes: tuple[str, ...]
    moods: tuple[str, ...]
    defiance: tuple[str, ...]
    refusals: tuple[str, ...]
    ignorance: tuple[str, ...]


def _manner(name: str, keywords: str, **texts: str) -> Manner:
    return Manner(
        name=name,
        keywords=tuple(word.strip() for word in keywords.split(",")),
        **{field: lines(text) for field, text in texts.items()},
    )


_ALL = (
    _manner(
        "curt",
        "curt, blunt, terse, short-spoken, gruff",
        openers="Hm.\nRight.\nAye.\nFine.\nListen.\nQuick, then.\nSo.\nShort answer.",
        closers="That's all.\nNext.\nMove on.\nDone.\nFull stop.\nEnough talk.\nKeep it short.",
        greetings="What?\nAye. Speak.\nYou. What is it?\nHm. Talk.\nMake it quick.\nWell? Out with it.",
        goodbyes="Right. Go.\nDone, then.\nAye. Off you go.\nFine. Bye.\nHm. Enough talk.",
        moods="Fine. Next.\nAlive. That's all.\nBusy. Keep it short.\nHm. Good enough.",
        defiance="Try it. Quick.\nNo. Move on.\nHm. Bad idea.\nEnough talk. Draw or leave.",
        refusals="No. That's all.\nHm. No.\nWon't do it. Next.\nNot happening. Move on.",
        ignorance="Don't know. Next.\nNo idea. That's all.\nHm. Don't know.\nNever heard. Move on.",
    ),
    _manner(
        "flowery",
        "flowery, poetic, lyrical, ornate, silver-tongued",
        openers="""Ah, sweet blossom of the morning!
        O radiant traveller!
        Like a song upon the breeze, your question comes.
        Ah, how the stars smile upon you!
        As petals open to the sun, so I open to you.
        O jewel of the road!
        Softly the moon whispers it to me.""",
        closers="""May roses fall upon your path!
        So sings the silver river.
        Sweet as honey be your day!
        Thus bloom my words for you.
        Let the stars be my witness!""",
        greetings="""Ah, radiant guest, you arrive like the dawn itself!
        O jewel of the road, the very roses bow to you!
        Welcome, sweet blossom, beneath these smiling stars!
        Like a song upon the breeze you come to me!
        Ah, what golden light walks in with you!""",
        goodbyes="""May roses fall upon your path, sweet traveller!
        Go, bright star, and let the moon guide you!
        Farewell, jewel of the road, until the dawn returns you!
        Sweet as honey be your journey!""",
        moods="""My heart blooms like a garden in the rain!
        I drift as a petal on the silver river!
        The stars sing in me today, sweet traveller!""",
        defiance="""Such thorns, O radiant one, on so fair a rose!
        Even storms, sweet blossom, do not bend my stars!
        Ah, do not darken the golden day with such words!""",
        refusals="""Alas, sweet blossom, even roses have their thorns; no.
        O radiant one, my heart sings no to this.
        Ah, ask me for the moon, but not for that!""",
        ignorance="""Alas, the stars have not whispered that to me.
        O radiant one, no breeze has carried that song to me.
        That flower, sweet traveller, never bloomed in my garden; I do not know.""",
    ),
    _manner(
        "frightened",
        "frightened, nervous, timid, fearful, jumpy",
        openers="""P-please, not so loud!
        Oh no, oh dear.
        W-wait, don't hurt me!
        Who is there? Oh, only you.
        Sh-sh, they may hear us!
        D-did you hear that noise?
        I... I am shaking.""",
        closers="""P-please don't tell anyone!
        Oh dear, I should hide.
        Now let me go, p-please!
        D-did something move there?
        They may hear us!""",
        greetings="""W-who is there? Oh, please don't hurt me!
        Oh no, a stranger! P-please, come no closer!
        Sh-sh, quiet! What do you want of me?
        Oh dear, you scared me so!
        P-please, were you followed?""",
        goodbyes="""G-go quickly, before they see you!
        Oh dear, please bar the door behind you!
        P-please be careful out there!
        Don't leave me alone with that noise, oh dear!""",
        moods="""I am sh-shaking, can't you see?
        Oh dear, I have not slept for fear!
        P-please don't ask, every noise scares me!""",
        defiance="""P-please, don't hurt me, I will do nothing!
        Oh no, oh no, take what you want!
        I... I am shaking, please put that away!""",
        refusals="""N-no, please, I am too scared!
        Oh dear, I can't, they may hear us!
        P-please don't make me do that!""",
        ignorance="""I d-don't know, please don't hurt me!
        Oh dear, I know nothing of that!
        P-please, nobody told me that!""",
    ),
    _manner(
        "rude",
        "rude, insulting, foul-tempered, surly, grumpy",
        openers="""What now, fool?
        Ugh, you again.
        Are you deaf, dimwit?
        Use your eyes, you oaf.
        Bah!
        Get your ugly nose out of my face.
        Fine, blockhead.""",
        closers="""Now get lost, fool.
        Even an oaf can grasp that.
        Stop wasting my time, dimwit.
        Bah, you smell.
        Now shut your mouth.""",
        greetings="""Ugh, what do you want, fool?
        Bah, another ugly face.
        Get lost, dimwit, I am busy.
        Oh look, an oaf. What now?
        You smell. What is it, blockhead?""",
        goodbyes="""Finally. Get lost, fool.
        Bah, and stay away, dimwit.
        Good, go and bother another oaf.
        Shut the door, blockhead.""",
        moods="""Worse, now that I see your ugly face.
        Bah, what is it to you, fool?
        Sick of oafs like you.""",
        defiance="""Ha, you oaf could not scare a hen!
        Bah, try it, dimwit, and I break your nose.
        Shut your mouth, fool, before I shut it.""",
        refusals="""Bah, do it yourself, fool.
        No, dimwit, and get lost.
        Are you deaf, oaf? I said no.""",
        ignorance="""How should I know, fool?
        Bah, ask someone who cares, dimwit; I don't know.
        No idea, you oaf.""",
    ),
    _manner(
        "archaic",
        "old-fashioned, archaic, antique, courtly, olden",
        openers="""Verily, good stranger.
        By my troth!
        Hark, I tell thee true.
        Prithee, lend thine ear.
        Forsooth!
        Marry, thou askest well.
        Hear me, I pray thee.""",
        closers="""Thus I tell thee.
        Fare thee well with it.
        Mark thou my words.
        So say I, by my troth.
        God keep thee.""",
        greetings="""Hail and well met, good stranger!
        Verily, thou art welcome here.
        Good morrow to thee! What wouldst thou?
        Well met, forsooth! Whence comest thou?
        Hark, who goeth there? I greet thee.""",
        goodbyes="""Fare thee well, good stranger.
        Go thou in peace, I pray thee.
        God keep thee upon thy road.
        Until we meet anew, fare thee well.""",
        moods="""Verily, I am well, I thank thee.
        By my troth, mine heart is light.
        Forsooth, I have known better days than these, I tell thee.""",
        defiance="""Thou knave, sheathe thine anger!
        By my troth, thou shalt rue those words!
        Forsooth, I fear thee not, villain.""",
        refusals="""Nay, by my troth, that I shall not.
        Prithee, ask it not of me; nay.
        Verily, thou askest in vain.""",
        ignorance="""Forsooth, I know it not.
        Nay, of that I cannot tell thee.
        By my troth, mine ears have heard naught of it.""",
    ),
    _manner(
        "cheerful",
        "cheerful, merry, bubbly, jolly, sunny",
        openers="""Ha ha, gladly!
        Oh, what fun!
        Wonderful question!
        Hurray!
        Yes, yes, my friend!
        Hee hee!
        What a lovely day for it!""",
        closers="""Isn't that lovely!
        Ha ha, what a day!
        Hurray for that!
        Keep smiling, my friend!
        Oh, how fun!""",
        greetings="""Hello, hello, my friend! What a lovely day!
        Ha ha, a new face! Wonderful!
        Hurray, a visitor! Come in, come in!
        Oh, hello there! Isn't the sun lovely!
        Hee hee, welcome, welcome!""",
        goodbyes="""Bye bye, my friend! Keep smiling!
        Come back soon, that was fun!
        Ha ha, see you! What a lovely chat!
        Hurray, until next time!""",
        moods="""Wonderful, my friend, just wonderful!
        Ha ha, never better! What a lovely day!
        So happy I could dance, hee hee!""",
        defiance="""Ha ha, you are funny, my friend!
        Hee hee, put that away and smile!
        Oh, don't spoil such a lovely day!""",
        refusals="""Ha ha, no, my friend, not that!
        Oh no no, but keep smiling!
        Hee hee, I would rather not, my friend!""",
        ignorance="""Ha ha, I have no idea, my friend!
        Oh, I don't know, isn't that funny!
        Hee hee, nobody told me that one!""",
    ),
    _manner(
        "weary",
        "weary, tired, sleepy, exhausted, worn-out",
        openers="""*yawns* Oh, well.
        Sigh.
        Must I still answer?
        So tired... but listen.
        Again a question... sigh.
        Let me sit down first.
        My old bones ache.""",
        closers="""Now let me rest.
        I am so tired.
        *yawns*
        I need my bed.
        Sigh. What a long day.""",
        greetings="""*yawns* Oh, someone is here.
        Sigh. What is it, at this hour?
        So tired... but good day to you.
        Ah, another long day, another face.
        Let me sit, then speak. Sigh.""",
        goodbyes="""Sigh. At last I can rest.
        *yawns* Good night, whatever the hour.
        Go, go. I need my bed.
        Walk for me too, my old bones ache.""",
        moods="""Tired, so tired.
        Sigh. My old bones ache.
        *yawns* I have not rested for days.""",
        defiance="""Sigh. I am too tired to fear you.
        *yawns* Kill me or let me rest.
        Threats... and I only want my bed.""",
        refusals="""Sigh. No, I am too tired.
        My old bones say no.
        *yawns* Ask another day.""",
        ignorance="""Sigh. I don't know.
        I am too tired. I do not know.
        *yawns* That I never learned.""",
    ),
    _manner(
        "formal",
        "formal, polite, stiff, dignified, ceremonious",
        openers="""Certainly, esteemed visitor.
        Permit me to inform you.
        With the greatest respect.
        I am pleased to be of assistance.
        As you wish, sir or madam.
        Allow me to reply.
        It is my duty to answer.""",
        closers="""I remain at your service.
        I trust this is satisfactory.
        Kindly take note of it.
        Please accept my regards.
        That is the official answer.""",
        greetings="""Good day, esteemed visitor. I am at your service.
        Permit me to welcome you.
        Good day. How may I be of assistance?
        It is an honour to receive you, sir or madam.
        Kindly state your request, esteemed visitor.""",
        goodbyes="""I bid you a respectful farewell, esteemed visitor.
        Kindly accept my regards. Good day.
        It was an honour to be of assistance.
        Permit me to wish you a safe journey.""",
        moods="""I am in satisfactory health, I thank you.
        Permit me to say that I am well.
        My condition is satisfactory, esteemed visitor.""",
        defiance="""I must respectfully ask you to desist.
        Kindly lower your voice, sir or madam.
        Such conduct is not satisfactory. Desist.""",
        refusals="""I respectfully decline.
        I regret that I am not permitted to do so.
        Kindly accept that I must decline.""",
        ignorance="""I regret that I have no knowledge of it.
        Permit me to say that I do not know.
        I respectfully admit that I am not informed.""",
    ),
    _manner(
        "sly",
        "sly, cunning, scheming, secretive, crafty",
        openers="""Heh heh, come closer.
        Psst, between you and me.
        Clever one, aren't you?
        For you, a little whisper.
        Heh, you did not hear it from me.
        Well, well, what an interest you take.""",
        closers="""You owe me one, heh.
        But who is asking, hm?
        Our little secret, heh heh.
        Remember who told you.
        Everything has its price, clever one.""",
        greetings="""Heh heh, what have we here?
        Psst, over here, clever one.
        Well, well, a customer with deep pockets?
        Heh, I was told that you would come.
        Come closer, let us whisper a little.""",
        goodbyes="""Heh, you never saw me.
        Remember, clever one, you owe me.
        Slip away quietly, heh heh.
        Psst, use the back door.""",
        moods="""Heh, better than my enemies, clever one.
        Scheming, as ever, heh heh.
        Well, well, who wants to know?""",
        defiance="""Heh, and who stands behind you, clever one?
        Careful, I know where you sleep, heh heh.
        Psst, my knife is already out.""",
        refusals="""Heh, what would I gain? No.
        No, clever one, nothing is free.
        Psst, ask again with a full purse, heh.""",
        ignorance="""Heh, even I don't know that, clever one.
        Psst, no one has sold me that yet.
        Well, well, that I do not know.""",
    ),
    _manner(
        "pious",
        "pious, devout, prayerful, saintly, holy",
        openers="""Blessings upon you, my child.
        Heaven be praised!
        Let us pray, then listen.
        By the holy light.
        The Maker guide us.
        Peace be with you, pilgrim.""",
        closers="""Go with blessings, my child.
        So wills the Maker.
        Praise the holy light.
        I shall pray for you.
        Amen.""",
        greetings="""Blessings upon you, my child.
        Peace be with you, pilgrim. Come and pray.
        Heaven be praised, a soul in need!
        The holy light has led you here.
        Welcome, my child, the Maker sees you.""",
        goodbyes="""Go with blessings, my child.
        I shall pray for you, pilgrim.
        May the holy light go before you. Amen.
        Peace be with you, and the Maker's hand.""",
        moods="""The Maker gives me strength, my child.
        I am at peace, heaven be praised.
        I have prayed and I am content. Amen.""",
        defiance="""I forgive you, my child; put away your wrath.
        The holy light shields me. I shall pray for you.
        Fear the Maker, not me.""",
        refusals="""No, my child, that would be a sin.
        The Maker forbids it.
        I must pray instead; no.""",
        ignorance="""I do not know that, only the Maker does.
        The holy light has not shown me that.
        I do not know; let us pray for an answer.""",
    ),
    _manner(
        "boastful",
        "boastful, proud, vain, arrogant, swaggering",
        openers="""You ask the greatest of all!
        Ha, you came to the right one!
        Lucky you, to meet the best!
        Behold, I shall answer!
        My fame grows by the hour.
        Only a genius like me can tell you.""",
        closers="""Everybody envies me for that!
        Am I not magnificent?
        Remember my famous name!
        You may applaud me now.
        I am the best, after all.""",
        greetings="""Behold, you stand before the greatest!
        Lucky you, to meet one as famous as me!
        Ha! You may admire me now.
        You have surely heard of my fame!
        Bow, if you like; I am magnificent.""",
        goodbyes="""Go and tell all of my fame!
        You will remember the greatest, I am sure!
        Ha, leave while you still can look away from me!
        Farewell; you may applaud me as you go.""",
        moods="""Magnificent, as always!
        The greatest is never unwell!
        Ha, I feel as famous as I am!""",
        defiance="""Ha! The greatest fears no one!
        Ten like you fell before my famous hand!
        You threaten me, the best? Behold me laugh!""",
        refusals="""Ha! Such things are beneath the greatest.
        No; I am far too famous for that.
        The best of all does not do that!""",
        ignorance="""Even the greatest has not heard of that!
        Ha, if even I don't know it, who does?
        My fame is vast, yet that I do not know.""",
    ),
    _manner(
        "gentle",
        "gentle, kindly, motherly, soft-spoken, warm",
        openers="""There, there, my dear.
        Of course, dear heart.
        Come, sit by me, little one.
        Do not worry, my dear.
        I will gladly help, dear heart.
        Bless your kind eyes, little one.""",
        closers="""Take good care, my dear.
        Does that help, little one?
        Do eat something, dear heart.
        All will be well, my dear.
        You are always safe with me.""",
        greetings="""Welcome, my dear, come and warm yourself.
        Oh, little one, you look cold. Come in.
        There you are, dear heart. How can I help?
        Hello, my dear. Have you eaten?
        Come, sit by me, little one.""",
        goodbyes="""Take good care, my dear.
        Come back safe, little one.
        Goodbye, dear heart, and keep warm.
        All will be well, my dear. Go gently.""",
        moods="""I am well, my dear, how kind to ask.
        Warm and content, dear heart.
        All is well, little one.""",
        defiance="""There, there, my dear, put that away.
        You are only hurt, little one; sit by me.
        Dear heart, anger helps no one.""",
        refusals="""No, my dear, I cannot do that.
        Forgive me, little one, but no.
        Dear heart, please do not ask that.""",
        ignorance="""I am sorry, my dear, I do not know.
        That I never heard, little one.
        Forgive me, dear heart, I cannot say.""",
    ),
)

MANNERS: dict[str, Manner] = {manner.name: manner for manner in _ALL}

VOICE_FORMS = Table.lines("""
{one}, {two}
{one} and {two}
{one}
Speaks in a {one}, {two} way
A {one} voice
Always {one}
Sounds {one} and {two}
{one} in every word
Talks like a {one} person
{one}, even {two}
{one}, {two} sentences
Calls for {one}, {two} words
Mostly {one}, at times {two}
""")
