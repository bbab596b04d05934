"""Turns with actions: asked for, talked about, not available, done in twos, reported back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from npc_sdk.actions.schema import action_spec
from npc_sdk.forge.corpus import composed, social
from npc_sdk.forge.corpus.conversation import Call
from npc_sdk.forge.corpus.deed import Deed, Wish, draw_deed, value_for, wish
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.more_deeds import MORE_REQUESTS, MORE_TALK
from npc_sdk.forge.corpus.phrasing import asked
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table, lines

REQUESTS = Table.lines("""
Please {do}.
{Do}.
{Do}!
Could you {do}?
I want you to {do}.
Would you {do}?
You should {do} now.
It is time to {do}.
I ask you to {do}.
Will you {do}?
Can you {do} for me?
Be so kind and {do}.
I need you to {do}.
{Do}, please.
Quick, {do}!
Now {do}.
You must {do}.
{Do}, will you?
May I ask you to {do}?
I would like you to {do}.
""").with_training(MORE_REQUESTS)

TALK = Table.lines("""
Did you {do} yesterday?
How often do you {do}?
Is it hard to {do}?
Who taught you to {do}?
Do not {do}.
What happens when you {do}?
My brother used to {do}.
Never {do} again.
I dreamed that I had to {do}.
Why would anyone {do}?
I do not want you to {do}.
Is it allowed to {do}?
They say that you hate to {do}.
Would your father {do}?
""").with_training(MORE_TALK)

CONFIRM = lines("""
I will {do}.
Very well, I {do}.
As you wish. I {do}.
Good. I {do} now.
I {do} at once.
Consider it done.
It shall be done.
Watch me.
""")

_TALK_ANSWERS = lines("""
We can speak of that another day.
That is a long story.
Some do, some do not.
I think little about it.
As you say.
It is not worth many words.
I hear you.
""")

_CANNOT = lines("""
I cannot {do}.
I do not know how to {do}.
That I cannot do.
I have no way to {do}.
It is not in my power to {do}.
""")

_NOT_THERE = lines("""
You speak of {x}? I see none here.
As for {x}, I see nothing of the kind.
I cannot find {x}.
""")


def mirrored(phrase: str) -> str:
    """Return a phrase as the one who does it says it: "follow me" becomes "follow you"."""
    return re.sub(r"\bme\b", "you", phrase)


def request_line(draw: Draw, form: str, phrase: str) -> str:
    """Fill a request with a phrase."""
    return form.format(do=phrase, Do=phrase[0].upper() + phrase[1:])


def equip(scene: Scene, deeds: Sequence[Deed]) -> None:
    """Give the character actions, and fill the vocabularies that they use."""
    draw = scene.draw
    for deed in deeds:
        if all(spec.name != deed.spec.name for spec in scene.actions):
            scene.actions.append(deed.spec)
    draw.rng.shuffle(scene.actions)
    names = sorted({name for spec in scene.actions for name in spec.vocabularies} - set(scene.vocabulary))
    most = 3 if scene.small else 6
    added = {name: _values(draw, name, draw.number(2, most)) for name in names}
    scene.vocabulary = {**scene.vocabulary, **added}


def _values(draw: Draw, vocabulary: str, count: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value_for(draw, vocabulary) for _ in range(count)))


def draw_deeds(draw: Draw, count: int) -> list[Deed]:
    """Return different deeds."""
    deeds: dict[str, Deed] = {}
    while len(deeds) < count:
        deed = draw_deed(draw)
        deeds[deed.spec.name] = deed
    return list(deeds.values())


def act(scene: Scene) -> None:
    """One to three exchanges about actions, of which half call for one."""
    draw = scene.draw
    deeds = draw_deeds(draw, draw.choice((2, 2, 3) if scene.small else (2, 3, 3, 4)))
    missing = deeds.pop()
    equip(scene, deeds)
    for _ in range(draw.number(3, 5) if scene.dense else 1 if scene.small else draw.choice((1, 2, 3))):
        _exchange(scene, deeds, missing)


# Up to which number each kind of exchange comes: one action, several, talk, one that is missing, else its target.
_SHARES = (0.42, 0.52, 0.72, 0.88)
_DENSE_SHARES = (0.38, 0.55, 0.70, 0.83)
# Lines that want nothing, so that having actions is no reason to use one.
_IDLE_SHARE = 0.25
_IDLE = (social.greet, social.greet, social.chat, social.praise, social.insult, social.thank, social.tell_name)


def _exchange(scene: Scene, deeds: Sequence[Deed], missing: Deed) -> None:
    draw = scene.draw
    roll = draw.rng.random()
    deed = draw.choice(deeds)
    if scene.dense and draw.chance(_IDLE_SHARE):
        draw.choice(_IDLE)(scene)
        return
    one, several, talk, lack = _DENSE_SHARES if scene.dense else _SHARES
    if roll < one:
        perform(scene, [wish(draw, deed, scene.vocabulary)])
    elif roll < several and len(deeds) > 1:
        perform(scene, [wish(draw, each, scene.vocabulary) for each in draw.rng.sample(list(deeds), 2)])
    elif roll < talk:
        _talk_about(scene, wish(draw, deed, scene.vocabulary))
    elif roll < lack or not deed.vocabulary:
        _lack(scene, missing)
    else:
        _miss_target(scene, deed)


def perform(scene: Scene, wishes: Sequence[Wish]) -> None:
    """A request that is met: speech or none, the calls, and sometimes their results."""
    draw = scene.draw
    phrase = " and ".join(each.phrase for each in wishes)
    calls = tuple(Call(name=each.deed.spec.name, arguments=each.arguments) for each in wishes)
    text = scene.voice(draw.choice(CONFIRM).format(do=mirrored(phrase))) if draw.chance(0.65) else ""
    intent = "act_several" if len(wishes) > 1 else "act"
    line = request_line(draw, draw.pick(REQUESTS), phrase)
    scene.say(line, text, scene.expect(intent, calls=calls), calls=calls)
    if draw.chance(0.35):
        _report(scene, len(wishes))


def _talk_about(scene: Scene, wished: Wish) -> None:
    draw = scene.draw
    line = request_line(draw, draw.pick(TALK), wished.phrase)
    scene.say(line, scene.voice(draw.choice(_TALK_ANSWERS)), scene.expect("act_talk"))


def _lack(scene: Scene, missing: Deed) -> None:
    draw = scene.draw
    values: Mapping[str, tuple[str, ...]] = {missing.vocabulary: (value_for(draw, missing.vocabulary),)}
    wished = wish(draw, missing, values)
    line = request_line(draw, draw.pick(REQUESTS), wished.phrase)
    text = draw.choice(_CANNOT).format(do=mirrored(wished.phrase))
    scene.say(line, scene.voice(text), scene.expect("act_missing"))


def _miss_target(scene: Scene, deed: Deed) -> None:
    draw = scene.draw
    value = value_for(draw, deed.vocabulary)
    phrase = draw.choice(deed.phrases).format(x=value)
    line = request_line(draw, draw.pick(REQUESTS), phrase)
    text = draw.choice(_NOT_THERE).format(x=value.removeprefix("the "))
    scene.say(line, scene.voice(text), scene.expect("act_no_target"))


_GOOD_RESULTS = Table.of("ok", "done", "ok: it worked", "accepted", "success", "done without trouble")
_BAD_RESULTS = Table.of("refused: {why}", "failed: {why}", "not possible: {why}", "blocked: {why}", "rejected: {why}")
_REASONS = Table.lines("""
the way is blocked
it is locked
{person} holds the key
the chain is broken
the hands are too cold
it is too heavy
{person} stands in the way
it is stuck
time is short
{faction} has forbidden it
it is already done
the path is flooded
it is out of reach
someone has stolen it
the handle came off
it is too dark
""")
_DONE = lines("""
It is done.
There. It is done.
Done, as you asked.
That went well.
Are you content now?
""")
_FAILED = lines("""
It did not work: {why}.
I could not do it: {why}.
No luck, {why}.
I tried, but {why}.
Not possible, {why}.
""")


def _report(scene: Scene, count: int) -> None:
    draw = scene.draw
    if draw.chance(0.5):
        texts = tuple(draw.pick(_GOOD_RESULTS) for _ in range(count))
        scene.result(texts, scene.voice(draw.choice(_DONE)), scene.expect("result_good"))
        return
    why = draw.fill(draw.phrase(_REASONS, composed.trouble))
    texts = (*(draw.pick(_GOOD_RESULTS) for _ in range(count - 1)), draw.pick(_BAD_RESULTS).format(why=why))
    scene.result(texts, scene.voice(draw.choice(_FAILED).format(why=why)), scene.expect("result_bad", must=[why]))


def sell(scene: Scene) -> None:
    """The player buys something that the card prices, or something that it does not have."""
    draw = scene.draw
    scene.actions.append(_SELL)
    goods = list(dict.fromkeys(draw.good() for _ in range(draw.choice((2, 2, 3) if scene.small else (2, 3, 4)))))
    prices = [draw.number(2, 99) for _ in goods]
    rows = list(zip(goods, prices, strict=True))
    stocked = rows[:-1] if len(rows) > 1 else rows
    for good, price in stocked:
        scene.know(draw.pick(_PRICE_SHAPES).format(good=good, price=f"{price} {draw.coin}"))
    scene.vocabulary = {**scene.vocabulary, "goods": tuple(good for good, _ in stocked)}
    for _ in range(draw.number(2, 4) if scene.dense else 1):
        present = draw.present() or len(rows) == 1
        _buy(scene, *(draw.choice(stocked) if present else rows[-1]), present=present)


def _buy(scene: Scene, good: str, price: int, *, present: bool) -> None:
    draw = scene.draw
    line = asked(draw, draw.ask(_BUY, good=good))
    if present:
        call = Call(name="sell_item", arguments={"item": good, "price": price})
        text = scene.voice(draw.choice(_SOLD).format(good=good, price=f"{price} {draw.coin}"))
        expectation = scene.expect("sell", calls=[call], must=[str(price)])
        scene.say(line, text, expectation, calls=[call])
    else:
        text = scene.voice(draw.choice(_UNSOLD).format(good=good))
        scene.say(line, text, scene.expect("sell_missing", unknown=True))


_SELL = action_spec(
    {
        "name": "sell_item",
        "description": "Sell goods to the player.",
        "parameters": {
            "type": "object",
            "properties": {
                "item": {"type": "string", "x-vocabulary": "goods"},
                "price": {"type": "integer", "minimum": 1, "maximum": 999},
            },
            "required": ["item", "price"],
        },
    }
)
_PRICE_SHAPES = Table.lines("""
Sells {good} for {price}.
{good}: {price}.
Asks {price} for {good}.
The price of {good} is {price}.
Offers {good} for {price}.
Wants {price} for {good}.
""")
_BUY = Table.lines("""
I take {good}.
I buy {good}. Here is the money.
Deal. Sell me {good}.
I want {good}, here are the coins.
Agreed, I take {good}.
Here is my purse. I buy {good}.
Wrap up {good} for me, I pay now.
{good}, please. I pay at once.
""")
_SOLD = lines("""
You want {good}? Here, for {price}.
As for {good}, that makes {price}.
For {good} I take {price}.
""")
_UNSOLD = lines("""
You want {good}? I have none.
As for {good}, I have none.
For {good} I have no price.
""")
