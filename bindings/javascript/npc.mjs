// A small client of `npc serve`, written from docs/protocol.md: made to be read, copied and changed.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { decode, encode } from "@msgpack/msgpack";
import { Dealer } from "zeromq";

export const toFrames = (message) => ["NPC/1", encode(message, { ignoreUndefined: true })];

/** Return the body of a message; what cannot be read has no type, and is passed over like a type that is unknown. */
export function fromFrames(frames) {
  try { return (frames.length === 2 && String(frames[0]) === "NPC/1" && decode(frames[1])) || {}; } catch { return {}; }
}

/** What went wrong: `code` for programs, `message` for people. */
export class NpcError extends Error {
  constructor(failure) { super(`${failure.code}: ${failure.cause ?? ""}`); Object.assign(this, failure); }
}

/** One session with a host. The characters belong to `ownerKey`: keep it with the settings of the game. */
export class NpcClient {
  #sockets = {}; #sent = {}; #open = new Map(); #lastId = 0; #hasNews = false; #failure; #timers = []; #listening = [];

  /** Connect to the host that wrote the file; `socket` takes more options of the sockets, such as keys for CURVE. */
  static async connect(connectionFile, { ownerKey = randomBytes(32).toString("base64url"), socket } = {}) {
    const client = Object.assign(new NpcClient(), { ownerKey });
    const file = JSON.parse(await readFile(connectionFile, "utf8"));
    const options = { linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0, receiveTimeout: 1500, ...socket };
    for (const channel of ["requests", "control"]) {
      client.#sockets[channel] = new Dealer(options);
      client.#sockets[channel].connect(file[channel]);
    }
    client.welcome = await client.#bind("requests", { type: "hello", attempt: 1, protocol: "1.0", token: file.token,
      instance: randomBytes(16).toString("hex"), owner_key: ownerKey, client: { language: "javascript" } });
    await client.#bind("control", { type: "attach", attempt: 1, session: client.welcome.session, owner_key: ownerKey });
    const { ping_ms = 1000, lost_ms = 3000 } = client.welcome.limits;
    client.#timers = [setInterval(() => client.#ping(), ping_ms), setInterval(() => client.#acknowledge(), 250)];
    client.#listening = Object.values(client.#sockets).map((one) => client.#listen(one, lost_ms));
    return client;
  }

  /** Send a request and return the stream of its events, last its result; leaving a loop early cancels the request. */
  stream(type, fields) {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    this.#send("requests", { type, id, ...fields });
    return new ReadableStream({
      start: (reader) => { this.#open.set(id, { reader, seq: -1 }); },
      cancel: () => { if (this.#open.delete(id)) this.#send("control", { type: "cancel", id }); },
    });
  }

  /** Send a request and return its result. */
  async ask(type, fields) {
    let last;
    for await (last of this.stream(type, fields));
    return last;
  }

  spawn(fields) { return this.ask("npc.spawn", fields); }
  say(npc, text, fields) { return this.stream("npc.say", { npc, text: text.toWellFormed(), ...fields }); }
  answer(npc, { action_id }, result) { return this.ask("npc.result", { npc, action_id, result }); }

  /** End the session; the host keeps the characters unless they shall be forgotten. */
  async bye(forget = false) {
    this.#send("requests", { type: "bye", forget });
    await Promise.all(this.#listening);
  }

  async #bind(channel, opening) {
    this.#send(channel, opening);
    const frames = await this.#sockets[channel].receive().catch(() => {});
    const answer = frames ? fromFrames(frames) : { error: { code: "host_lost", cause: "The host does not answer." } };
    if (answer.error) throw this.#close(answer.error);
    return answer;
  }

  #send(channel, message) { // a socket of zeromq.js takes one send at a time
    const frames = toFrames(message), send = () => this.#sockets[channel].send(frames);
    this.#sent[channel] = Promise.resolve(this.#sent[channel]).then(send).catch(() => {});
  }

  async #listen(socket, lostMs) { // two silences, since a process that was busy itself finds messages after the first
    socket.receiveTimeout = lostMs / 2;
    for (let silences = 0; silences < 2 && !this.#failure;) {
      const frames = await socket.receive().catch(() => {});
      silences = frames ? 0 : silences + 1;
      if (frames) this.#take(fromFrames(frames));
    }
    this.#close({ code: "host_lost", cause: "Nothing was heard of the host." });
  }

  #take({ type, id, seq, event, result, error }) {
    if (type === "session.ended" || (type === "error" && !id)) this.#close(error);
    const stream = this.#open.get(id);
    if (!stream) return; // a pong, a notice, or an item of a request that was left
    if (seq !== ++stream.seq) return this.#close({ code: "host_lost", cause: "An item was lost." });
    this.#hasNews = true;
    if (type === "event") return stream.reader.enqueue(event);
    this.#open.delete(id);
    if (type === "error") return stream.reader.error(new NpcError(error));
    stream.reader.enqueue(result);
    stream.reader.close();
  }

  #ping() { for (const channel of ["requests", "control"]) this.#send(channel, { type: "ping", n: 0 }); }

  #acknowledge() {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    const upto = [...this.#open].map(([id, { seq }]) => ({ id, seq })).filter(({ seq }) => seq >= 0);
    this.#send("requests", { type: "ack", below: Math.min(this.#lastId + 1, ...this.#open.keys()), upto });
  }

  #close(error) {
    this.#failure ??= new NpcError(error);
    for (const timer of this.#timers) clearInterval(timer);
    for (const { reader } of this.#open.values()) reader.error(this.#failure);
    this.#open.clear();
    for (const socket of Object.values(this.#sockets)) socket.close();
    return this.#failure;
  }
}
