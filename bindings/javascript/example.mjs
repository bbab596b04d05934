// Talks to a character of a running host: `node example.mjs FILE`, where `npc serve --connection-file FILE` runs.
import { NpcClient } from "./npc.mjs";

const client = await NpcClient.connect(process.argv[2]);
console.log(`Connected to npc ${client.welcome.host?.version}, model ${client.welcome.host?.model}.`);

await client.ask("world.set", { tick: 1, vocabularies: { gates: ["north", "south"] } });
const bron = await client.spawn({
  persona: { value: { name: "Bron", role: "the gate guard of Brackwater", greeting: "Halt!", fallback: ["Hm."] } },
  actions: [{
    name: "open_gate",
    description: "Open a gate of the town.",
    parameters: {
      type: "object",
      properties: { gate: { type: "string", "x-vocabulary": "gates" } },
      required: ["gate"],
    },
  }],
  waits_for: ["open_gate"],
});

for (const line of ["Good evening. Who are you?", "Open the north gate!"]) {
  console.log(`Player: ${line}`);
  for await (const item of client.say(bron.npc, line, { deadline_ms: 10000 })) {
    if (item.kind === "sentence") console.log(`${bron.npc}: ${item.text}`);
    if (item.kind === "action") {
      console.log(`${bron.npc} acts: ${item.name} ${JSON.stringify(item.arguments)}`);
      await client.answer(bron.npc, item, `The ${item.arguments.gate} gate is open.`);
    }
    if (item.kind === "turn") console.log(`(${item.source}, ${item.why}, ${item.calls ?? 0} actions)`);
  }
}
await client.bye();
