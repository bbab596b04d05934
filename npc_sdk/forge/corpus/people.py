"""Ordinary names, forms of address, roles, and what one person may know of another."""

from __future__ import annotations

from npc_sdk.forge.corpus.split import Table

FIRST_NAMES = Table.words("""
Adam, Alice, Anna, Arthur, Beatrice, Ben, Bertha, Clara, Conrad, Daisy, David, Dora, Edgar, Edith, Elias, Ella,
Emma, Felix, Flora, Frank, George, Gilbert, Greta, Hanna, Harold, Hector, Helen, Henry, Hilda, Hugo, Ida, Iris,
Ivan, Jacob, Jane, Jasper, Joan, Jonas, Julia, Karl, Kate, Laura, Leo, Lily, Lucas, Lucy, Mabel, Magda, Marcus,
Martha, Martin, Mary, Matthew, Maud, Max, Miles, Mina, Nathan, Nell, Nina, Nora, Olga, Oliver, Oscar, Otto,
Paul, Peter, Philip, Rosa, Ruby, Rufus, Ruth, Sam, Sarah, Simon, Stella, Susan, Thomas, Tilda, Toby, Ursula,
Victor, Viola, Walter, Wanda, Will, Yara, Zoe
""")

SURNAMES = Table.words("""
Archer, Ash, Baker, Barrow, Birch, Black, Bridge, Brook, Carter, Clay, Cooper, Cross, Dale, Drake, Fairfield,
Finch, Fisher, Flint, Ford, Forge, Fox, Frost, Grey, Hawk, Hay, Hill, Holt, Hunter, Kettle, King, Lake, Lamb,
Marsh, Mason, Mercer, Miller, Moor, Nightingale, Oak, Page, Palmer, Park, Pike, Potter, Quill, Reed, Rivers,
Rook, Sadler, Sharp, Shepherd, Skinner, Stone, Swift, Tanner, Thatcher, Thorn, Underhill, Vale, Ward, Waters,
Weaver, Wells, White, Winter, Wood
""")

TITLES = (
    "Old",
    "Young",
    "Captain",
    "Mistress",
    "Master",
    "Brother",
    "Sister",
    "Doctor",
    "Uncle",
    "Aunt",
    "Lady",
    "Sir",
)

ROLES = Table.words("""
baker, butcher, brewer, blacksmith, carpenter, mason, thatcher, potter, weaver, tailor, tanner, cobbler, dyer,
furrier, jeweller, goldsmith, clockmaker, locksmith, glassblower, cooper, wheelwright, shipwright, sailmaker,
fisherman, ferryman, sailor, harbour master, pilot, smuggler, merchant, peddler, grocer, spice trader, horse
trader, innkeeper, barkeeper, cook, maid, butler, steward, gardener, farmer, shepherd, goatherd, beekeeper,
miller, hunter, trapper, forester, woodcutter, charcoal burner, miner, prospector, quarryman, guard, gate guard,
watchman, soldier, sergeant, captain, knight, squire, archer, scout, spy, mercenary, bounty hunter, jailer,
executioner, judge, lawyer, clerk, scribe, notary, tax collector, herald, messenger, postman, coachman, stable
boy, priest, monk, nun, friar, pilgrim, hermit, prophet, healer, medic, surgeon, midwife, apothecary, herbalist,
alchemist, wizard, witch, fortune teller, astrologer, scholar, librarian, teacher, student, mapmaker, inventor,
engineer, mechanic, radio operator, painter, sculptor, poet, bard, singer, drummer, juggler, actor, puppeteer,
beggar, thief, pickpocket, fence, gambler, ratcatcher, gravedigger, chimney sweep, lamplighter, washerwoman,
nurse, governess, widow, orphan, exile, baron, duchess, mayor, alderman, envoy, interpreter, tracker
""")

ROLE_FORMS = (
    "a {role}",
    "a {role}",
    "the {role}",
    "the {role} of {town}",
    "a {quality} {role}",
    "a {role} from {town}",
)

ROLE_QUALITIES = tuple("young old retired wandering stubborn honest clever clumsy famous poor rich former".split())

DEEDS = Table.lines("""
lost a boat at {place}
keeps bees behind {place}
works at {place}
owes {price} to {faction}
was seen at {place} last night
buys {good} every week
sells stolen {good}
is married to {person}
is a sworn enemy of {person}
once served {faction}
sleeps in {place}
is looking for {good}
taught {person} to read
plays dice at {place}
left for {place} two days ago
guards {place} after dark
hides from {person}
was born at {place}
pays well for {good}
repairs {good} for {faction}
leads {faction}
broke into {place} once
is the cousin of {person}
brews ale for {place}
carries letters to {place}
""")

FACTIONS = Table.lines("""
the {made} Guild
the {colour} Brotherhood
the House of {made}
the {colour} Company
the {made} Watch
the Order of {made}
the {colour} Hand
the Sons of {made}
the {made} League
the {colour} Lanterns
""")

COLOURS = ("Red", "Black", "White", "Grey", "Green", "Golden", "Silver", "Iron", "Broken", "Silent", "Crimson", "Blue")
