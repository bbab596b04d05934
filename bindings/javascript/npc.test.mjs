// The tests of `npm test`. The second half needs a running host: NPC_TEST_HOST names its connection file, and
// NPC_TEST_ACTION=1 says that its model answers "Open the north gate!" with the action, its result with "It is open."
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NpcClient, fromFrames, toFrames } from "./npc.mjs";

const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const exchanges = readdirSync(new URL("../vectors/", import.meta.url)).filter((name) => /^exchange-.*json$/.test(name));
const bytes = ({ frames }) => frames.map((frame) => Buffer.from(frame, "hex"));
const schemas = readJson("../schemas/npc-1.json");
const vectors = readJson("../vectors/messages.json");

const definition = (schema) => (schema.$ref ? schemas.$defs[schema.$ref.split("/").at(-1)] : schema);
const kindOf = (schema, name) => schema.properties?.[name]?.const;

/** Return the branch of a choice that a value is meant for; the one without a fixed kind takes all others. */
function branch(choices, value, name) {
  const found = choices.map(definition);
  const other = found.find((one) => one.type !== "null" && !kindOf(one, name));
  return found.find((one) => kindOf(one, name) && kindOf(one, name) === value?.[name]) ?? other;
}

/** Return what a value means: unknown fields and nil left out, defaults filled in. */
function meaning(value, given) {
  let schema = definition(given);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) schema = branch(choices, value, "kind");
  if (schema.items) return value.map((item) => meaning(item, schema.items));
  if (!schema.properties) return value;
  const result = {};
  for (const [name, field] of Object.entries(schema.properties)) {
    const one = value[name] ?? field.default ?? null;
    if (one !== null) result[name] = meaning(one, field);
  }
  return result;
}

const messageMeaning = (message) => meaning(message, branch(schemas.oneOf, message, "type"));

describe("golden vectors", () => {
  for (const vector of vectors.accept) {
    test(`accepts ${vector.name}`, () => {
      assert.deepEqual(messageMeaning(fromFrames(bytes(vector))), vector.message);
    });
    test(`writes ${vector.name}`, () => {
      const [tag, body] = toFrames(vector.message);
      assert.deepEqual(fromFrames([Buffer.from(tag), Buffer.from(body)]), vector.message);
    });
  }

  const unreadable = vectors.refuse.filter(({ code }) => ["bad_frames", "bad_tag", "wrong_version"].includes(code));
  for (const vector of unreadable) {
    test(`passes over ${vector.name}`, () => assert.deepEqual(fromFrames(bytes(vector)), {}));
  }

  for (const file of exchanges) {
    test(`reads ${file}`, () => {
      for (const step of readJson(`../vectors/${file}`).steps) {
        if (step.frames && step.message) assert.deepEqual(fromFrames(bytes(step)), step.message);
      }
    });
  }
});

const connectionFile = process.env.NPC_TEST_HOST;
const needsHost = connectionFile ? {} : { skip: "NPC_TEST_HOST names no connection file" };
const persona = { value: { name: "Bron", role: "the gate guard of Brackwater", greeting: "Halt!", fallback: ["Hm."] } };
const openGate = {
  name: "open_gate",
  description: "Open a gate of the town.",
  parameters: { type: "object", properties: { gate: { type: "string", "x-vocabulary": "gates" } }, required: ["gate"] },
};

/** Connect, and say goodbye when the test is over. */
async function join(context, options) {
  const client = await NpcClient.connect(connectionFile, options);
  context.after(() => client.bye(true));
  return client;
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

const spoken = (items) => items.filter(({ kind }) => kind === "speech").map(({ text }) => text).join("");

describe("a host", needsHost, () => {
  test("opens a session", async (context) => {
    const client = await join(context);
    assert.equal(client.welcome.owner_key, client.ownerKey);
    assert.equal(client.welcome.is_resumed, false);
  });

  test("streams a turn: speech, whole sentences, one end", async (context) => {
    const client = await join(context);
    const { npc, greeting, is_new } = await client.spawn({ persona });
    assert.deepEqual([npc, greeting, is_new], ["Bron", "Halt!", true]);
    const items = await collect(client.say(npc, "Who goes there?", { deadline_ms: 10000 }));
    const turn = items.at(-1);
    assert.equal(turn.kind, "turn");
    assert.equal(turn.source, "model");
    assert.equal(spoken(items).trim(), turn.text);
    assert.ok(items.some(({ kind }) => kind === "sentence"));
    const { lines } = await client.ask("npc.history", { npc });
    assert.deepEqual(lines.map(({ speaker }) => speaker), ["player", "npc"]);
    assert.equal(lines[1].text, turn.text);
  });

  const needsAction = { skip: process.env.NPC_TEST_ACTION ? false : "the model of this host does not follow a script" };
  test("hands over an action and takes what came of it", needsAction, async (context) => {
    const client = await join(context);
    await client.ask("world.set", { tick: 7, vocabularies: { gates: ["north", "south"] } });
    const { npc, actions } = await client.spawn({ persona, actions: [openGate], waits_for: ["open_gate"] });
    assert.deepEqual(actions, ["open_gate"]);
    const items = [];
    for await (const item of client.say(npc, "Open the north gate!")) {
      items.push(item);
      if (item.kind === "action") assert.equal((await client.answer(npc, item, "The gate is open.")).kind, "done");
    }
    const action = items.find(({ kind }) => kind === "action");
    assert.deepEqual([action.name, action.arguments, action.tick], ["open_gate", { gate: "north" }, 7]);
    const after = items.slice(items.indexOf(action));
    assert.equal(spoken(after).trim(), "It is open.");
    assert.equal(items.at(-1).calls, 1);
  });

  test("decides", async (context) => {
    const client = await join(context);
    await client.spawn({ persona });
    const options = ["attack", "retreat"];
    const decision = await client.ask("npc.decide", { npc: "Bron", situation: "Two goblins come.", options });
    assert.equal(decision.choice, options[decision.index]);
  });

  test("refuses with a code, and goes on", async (context) => {
    const client = await join(context);
    await assert.rejects(client.ask("npc.greet", { npc: "Nobody" }), { code: "unknown_npc" });
    await assert.rejects(client.ask("npc.dance", { npc: "Nobody" }), { code: "unknown_type" });
    assert.equal((await client.spawn({ persona })).npc, "Bron");
  });

  test("takes a burst of requests side by side", async (context) => {
    const client = await join(context);
    await client.spawn({ persona });
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, n) => client.ask("npc.observe", { npc: "Bron", text: `Bell ${n} rings.` })),
    );
    assert.ok(results.every(({ kind }) => kind === "done"));
  });

  test("cancels a turn when its loop is left early", needsAction, async (context) => {
    const client = await join(context);
    await client.ask("world.set", { vocabularies: { gates: ["north"] } });
    const { npc } = await client.spawn({ persona, actions: [openGate], waits_for: ["open_gate"] });
    for await (const { kind } of client.say(npc, "Open the north gate!", { deadline_ms: 60000 })) {
      if (kind === "action") break; // and never say what came of it
    }
    await pause(200);
    assert.equal((await client.ask("npc.park", { npc })).kind, "done"); // not npc_talking
  });

  test("keeps a session by pings, and while the game itself is busy", async (context) => {
    const client = await join(context);
    await client.spawn({ persona });
    for (const start = Date.now(); Date.now() - start < 2000;); // a level is loaded
    await pause(2000);
    assert.equal((await client.ask("npc.greet", { npc: "Bron" })).text, "Halt!");
  });

  test("keeps characters for whoever has the owner key", async (context) => {
    const first = await NpcClient.connect(connectionFile);
    await first.spawn({ persona });
    await first.bye();
    await assert.rejects(first.ask("npc.greet", { npc: "Bron" }), { code: "bye" });
    const second = await join(context, { ownerKey: first.ownerKey });
    assert.equal((await second.spawn({ persona })).is_new, false);
    const stranger = await join(context);
    assert.equal((await stranger.spawn({ persona })).is_new, true);
  });

  test("ends the session of an instance before", async (context) => {
    const first = await NpcClient.connect(connectionFile);
    const second = await join(context, { ownerKey: first.ownerKey });
    await first.bye();
    await assert.rejects(first.ask("npc.greet", { npc: "Bron" }), { code: "replaced" });
    assert.equal((await second.spawn({ persona })).npc, "Bron");
  });

  test("talks with the example", async () => {
    const example = fileURLToPath(new URL("example.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [example, connectionFile], { timeout: 60000 });
    assert.match(stdout, /^Connected to npc .*\nPlayer: Good evening/);
    assert.match(stdout, /\(model, \w+, \d actions\)\n$/);
    if (process.env.NPC_TEST_ACTION) assert.match(stdout, /Bron acts: open_gate \{"gate":"north"\}/);
  });
});
