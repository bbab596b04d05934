"""Ordinary words whose meaning does not matter: what phrases of training are put together from.

None of them is a word that evaluation holds out; a test compares them with every table.
"""

from __future__ import annotations

NOUNS = tuple(
    """
    acorn alley anvil apron arch arrow ash attic banner bark basin bat beacon beak beam bean beard bee beetle
    bench bird blanket blossom board boat bone boulder branch brass bread breeze brick bride broth brother brush
    bud bull bush cabin cage cake calf candle cane cap carpet cave ceiling chair chalk chest chick chimney circle
    claw clay cliff cloud coal coast cobweb column copper corn corner cousin cow cradle crane crater crow crown crumb
    curve dam dawn debt desk ditch dome door dove dragonfly dream drop dust dwarf eagle ear earth echo edge eel egg
    elbow elm ember engine evening eye fang feast fence fern field fig finger fire flag flame flea fleet flock
    floor flower fog fool foot fort frog frost fruit furnace gap garlic gem glacier glade goat grain grape grass
    grave grove guest gull gutter hair hall halo hand hare hatch hawk head heap hearth heart hedge heel heron hole
    hood hoof horn house hull hut ice idol insect iron island ivy jar jaw jewel joint kettle kite kitten
    knee knot ladder lamb lamp lane larch lark laugh leaf ledge leg letter lid light lily lime lip lizard loft
    log loom lord loss lump lute marble mast mat meal metal mist moat mole monkey moon moss moth mountain mouth
    mouse mud mug name neck needle nest niece night nose note nut oar ocean oil onion oven ox page palace
    palm paper path paw peak peach pearl peg pepper pigeon pillar pillow pine pipe pit plank plate pole pool
    porch post puddle pump quarrel queen raft rain ram reed rib ridge ring river road robe rod roof room
    root rope rose rug rumour sack saddle sand scale scar seal seed shade shadow sheep shell ship shore skin
    skull sky slope smoke snail snow song soup sparrow spear spider spoon staff stair steam stem step
    stick sting stone storm straw stream street string stump summer sun swan swamp sword table tail tar tear
    thread throne thumb tide tin toad toe tomb tongue tooth torch towel toy track trail tree trench tub tunnel
    turtle twig twin valley vase veil vine voice vow wagon wall wand wasp water wave wax weed whale wheat
    whip willow wind window wing wire wood wool worm wound wreck yard yolk
    """.split()
)

QUALITIES = tuple(
    """
    ancient bald bent big bitter blank blind blue bold bright brittle broad brown careless cheap clean clever cold
    coarse common cracked cruel curly damp dead dear deaf deep dim dirty double dry dull dusty early empty even
    faded faint false famous fat fierce fine firm flat fresh friendly full funny gentle giant glad golden grand greasy
    great green grey grim hairy hard harmless heavy hidden hollow holy honest huge humble hungry idle jagged kind
    large last late lazy lean light little lively lonely long loose lost loud low lucky mad mean mild modest muddy
    narrow nasty neat noble noisy odd old open orange pale patient plain poor pretty proud pure purple quick quiet
    rare raw red rich ripe rotten rough round rude rusty sacred sad safe salty secret shallow sharp short shy silent
    silly simple sleepy slim slow small smart smooth soft solid sore sour spare square steep sticky stiff stout
    straight strange strict strong stubborn sudden sweet swift tall tame tender thick thin tidy tight tiny tired tough
    twisted ugly upper useful usual vain violet warm wasted weak wet white whole wicked wide wild wise wooden worn
    yellow young
    """.split()
)

# The form after "to", the form after "she", and what was done before.
VERBS = tuple(
    tuple(row.split())
    for row in """
    admire admires admired
    bake bakes baked
    bless blesses blessed
    borrow borrows borrowed
    break breaks broke
    bury buries buried
    carve carves carved
    chase chases chased
    count counts counted
    cover covers covered
    curse curses cursed
    cut cuts cut
    defend defends defended
    dig digs dug
    drag drags dragged
    draw draws drew
    drop drops dropped
    dry dries dried
    fear fears feared
    fill fills filled
    fix fixes fixed
    fold folds folded
    follow follows followed
    forget forgets forgot
    gather gathers gathered
    grind grinds ground
    hate hates hated
    help helps helped
    hide hides hid
    hire hires hired
    hold holds held
    inspect inspects inspected
    inherit inherits inherited
    invent invents invented
    kick kicks kicked
    kiss kisses kissed
    lend lends lent
    lick licks licked
    lift lifts lifted
    light lights lit
    measure measures measured
    melt melts melted
    mend mends mended
    mock mocks mocked
    move moves moved
    name names named
    open opens opened
    order orders ordered
    pack packs packed
    paint paints painted
    plant plants planted
    polish polishes polished
    praise praises praised
    pull pulls pulled
    push pushes pushed
    raise raises raised
    remember remembers remembered
    rent rents rented
    respect respects respected
    ride rides rode
    ring rings rang
    roast roasts roasted
    save saves saved
    scrub scrubs scrubbed
    shake shakes shook
    share shares shared
    sharpen sharpens sharpened
    shave shaves shaved
    sketch sketches sketched
    smell smells smelled
    spoil spoils spoiled
    steal steals stole
    stir stirs stirred
    stretch stretches stretched
    sweep sweeps swept
    swallow swallows swallowed
    tame tames tamed
    taste tastes tasted
    tear tears tore
    throw throws threw
    tie ties tied
    touch touches touched
    trade trades traded
    train trains trained
    trust trusts trusted
    twist twists twisted
    value values valued
    visit visits visited
    wash washes washed
    watch watches watched
    water waters watered
    weave weaves wove
    weigh weighs weighed
    win wins won
    worship worships worshipped
    wrap wraps wrapped
    """.strip().splitlines()
)

DIRECTIONS = tuple(
    " ".join(text.split())
    for text in """
    above, across, against, ahead of, along, around, at the end of, at the foot of, at the heart of, at the top of,
    away from, before, below, beneath, beside, beyond, by, close to, deep under, down by, facing, far from, from
    here past, halfway up, high over, in front of, in the middle of, in the shade of, in, inside, near, not far
    from, on, on the far side of, on the other side of, on the edge of, opposite, out by, outside, over, past,
    round, straight through, through, to the east of, to the north of, to the south of, to the west of, toward,
    uphill from, up on, upstream from, within sight of, north of, east of, south of, west of, next to, under
    """.split(",")
)

MEASURES = tuple(
    """
    days hours miles steps streets doors houses paces turns bends yards fields hills arrow-shots stairs bridges rows
    """.split()
)

COUNTS = tuple("two three four five six seven eight nine ten twelve twenty thirty".split())

TIMES = tuple(
    " ".join(text.split())
    for text in """
    every morning, every evening, at night, at noon, each spring, in the winter, on market days, all day long, now and
    then, once a week, twice a year, years ago, last summer, long ago, one night, before the war, when nobody looks,
    in secret, against all advice, by mistake, for fun, for good, with great care, with both hands, without shame, alone
    """.split(",")
)

TRADES = tuple(
    """
    seller keeper maker mender carrier breaker hunter counter finder collector washer sharpener painter polisher warden
    tamer thrower digger grower picker stacker cutter burner puller tester
    """.split()
)
