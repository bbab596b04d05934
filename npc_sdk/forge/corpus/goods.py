"""Things that are sold, carried or wanted, and what they cost."""

from __future__ import annotations

from npc_sdk.forge.corpus.split import Table

# Plural or uncountable, so that "no rope" and "no nails" are both right.
GOODS = Table.words("""
rope, nails, candles, bread, apples, wool, salt, honey, lamp oil, torches, arrows, boots, gloves, blankets,
needles, thread, linen, leather, cheese, ale, wine, cider, milk, butter, eggs, flour, barley, oats, beans,
onions, cabbages, carrots, turnips, plums, pears, cherries, walnuts, figs, raisins, pepper, mustard, ginger,
cinnamon, saffron, tea, soap, wax, ink, paper, quills, chalk, charcoal, firewood, planks, bricks, tiles, glass,
mirrors, combs, brushes, brooms, buckets, barrels, baskets, sacks, crates, kettles, pots, pans, spoons, knives,
plates, cups, bowls, jugs, bottles, corks, lanterns, lamps, matches, flint, tinder, tents, saddles, bridles,
horseshoes, hay, feed, harness straps, wheels, axles, carts, sails, nets, hooks, fishing lines, oars, anchors,
tar, pitch, glue, paint, dye, silk, velvet, lace, ribbons, buttons, belts, hats, hoods, cloaks, coats, shirts,
socks, scarves, shoes, sandals, rings, necklaces, beads, pearls, amber, jade, silver wire, copper pins, tin
cups, iron bars, steel blades, swords, daggers, spears, axes, hammers, saws, chisels, shovels, picks, ploughs,
sickles, scythes, whetstones, shields, helmets, mail shirts, bows, quivers, slings, crossbows, bolts, bandages,
salves, herbs, potions, elixirs, antidotes, ointments, leeches, splints, crutches, maps, charts, compasses,
scrolls, books, songbooks, dice, cards, dolls, drums, flutes, fiddles, bells, whistles, keys, locks, chains,
hinges, bolts of cloth, feathers, pillows, mattresses, rugs, curtains, incense, prayer beads, masks, powder,
lead shot, fuses, spyglasses, clocks, springs, gears, batteries, wires, bulbs, filters, fuel, rations, canned
soup, water skins, dried fish, smoked eels, pickled eggs, salted pork, sausages, hams, pies, tarts, biscuits,
sweets, syrup
""")

QUALITIES = tuple(
    """
    red blue green black white old fine rough cheap sturdy thin thick long short heavy light carved painted
    polished rusty silver copper iron northern southern foreign royal plain striped double dried fresh sweet
    bitter sharp soft hard small large
    """.split()
)

COINS = Table.words("""
silver, gold, copper, pennies, crowns, shillings, marks, florins, ducats, guilders, groats, farthings, thalers,
nobles, bits, credits, tokens, shells, beads of glass, scales, stars, talers, dinars, pounds, pieces, coins,
chips, sovereigns
""")
