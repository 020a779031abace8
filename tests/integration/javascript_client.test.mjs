/** The JavaScript client against the local run; `test_javascript_client.py` says where that is. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { connect, MemoryShelf } from "../../web/wireside.js";

const { http_url: api, websocket_url: address, tokens } = JSON.parse(process.env.WIRESIDE_RUNNING);
const PATIENCE_MS = 20_000;
const run = promisify(execFile);

/** A line to the service that can be cut: what is open on it is gone, and nothing new opens. */
class Line {
  #open = new Set();
  #isCut = false;
  #server = net.createServer((near) => this.#accept(near));

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const url = new URL(address);
    url.port = String(this.#server.address().port);
    return url.href;
  }

  #accept(near) {
    if (this.#isCut) return near.destroy();
    const far = net.connect(Number(new URL(address).port), "localhost");
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => (this.#open.delete(socket), other.destroy()));
      socket.pipe(other);
    }
  }

  cut() {
    this.#isCut = true;
    for (const socket of this.#open) socket.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }
}

/** Sockets that tell of how long the service lets them live, as a test wants it. */
function rotatingAfter(milliseconds, dialled) {
  return (url, protocols) => {
    const socket = new WebSocket(url, protocols);
    dialled.push(socket);
    return new Proxy(socket, {
      get: (target, name) => (typeof target[name] === "function" ? target[name].bind(target) : target[name]),
      set: (target, name, value) => {
        target[name] = name !== "onmessage" ? value : ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.type === "welcome") frame.rotate_at = new Date(Date.parse(frame.server_time) + milliseconds).toISOString();
          value({ data: JSON.stringify(frame) });
        };
        return true;
      },
    });
  };
}

const ending = [];
after(() => ending.forEach((end) => end()));

async function arrived(name, more = {}) {
  const wireside = await connect({ api, websocket: address, token: async () => tokens[name], ...more });
  ending.push(() => wireside.stop());
  return wireside;
}

/** Wait until something is so of what an emitter tells of. */
function until(emitter, isSo, what) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never: ${what}`)), PATIENCE_MS);
    const look = () => isSo() && (end(), clearTimeout(timer), resolve());
    const end = emitter.on("change", look);
    look();
  });
}

/** A conversation of Ana and Ben in which nobody answers unless they are asked. */
async function together(ana, ben, title) {
  const { id } = await ana.api.create(title);
  await ana.api.invite(id, { user_id: "ben", name: "Ben" });
  const [here, there] = [ana.open(id), ben.open(id)];
  await Promise.all([here, there].map((room) => until(room, () => room.phase === "live", "live")));
  return [here, there];
}

const said = (room, wanted = "") => room.messages.filter(({ sender, text }) => sender.type === "human" && text.startsWith(wanted)).map(({ text }) => text);
const isSeqs = ({ events }) => assert.deepEqual(events.map(({ seq }) => seq), events.map((_, index) => events[0].seq + index));

const [ana, ben] = [await arrived("ana"), await arrived("ben")];
const [here, there] = await together(ana, ben, "JavaScript");

test("an answer is put together from its pieces, and is what is stored in the end", async () => {
  const seen = new Set();
  const end = there.on("change", () => there.answers.forEach(({ text }) => seen.add(text)));

  const stored = await here.send("Tell me of soup.");
  await until(there, () => there.messages.some(({ sender }) => sender.type === "assistant"), "an answer");
  end();

  const { text } = there.messages.find(({ sender }) => sender.type === "assistant");
  assert.ok(seen.size > 1, `only ${seen.size} pieces`);
  for (const piece of seen) assert.ok(text.startsWith(piece), piece);
  assert.deepEqual(stored.body.addressed, ["assistant:demo"]);
  await until(here, () => here.events.length === there.events.length, "as much here as there");
  assert.deepEqual(here.events, there.events);
});

test("what people change is changed for all, and what is refused says why", async () => {
  const { seq } = await here.send("Aunt Ana's sop");
  await Promise.all([here.edit(seq, "Aunt Ana's soup"), there.react(seq, "🔥")]);
  await until(here, () => here.messages.find((message) => message.seq === seq)?.reactions["🔥"]?.[0] === "ben", "a reaction");

  assert.equal(here.messages.find((message) => message.seq === seq).text, "Aunt Ana's soup");
  await assert.rejects(there.edit(seq, "mine now"), { name: "WiresideError", code: "not_allowed" });
});

test("a line that is cut loses nothing and doubles nothing", async () => {
  const line = new Line();
  const behind = await arrived("ana", { websocket: await line.listen() });
  const room = behind.open(here.id);
  await until(room, () => room.phase === "live", "live behind the line");

  const sent = [room.send("cut 1")];
  line.cut();
  sent.push(room.send("cut 2"), room.send("cut 3"));
  await there.send("cut: meanwhile");
  await until(behind, () => behind.state !== "connected", "the line is gone");
  line.mend();
  behind.wake();
  await Promise.all(sent);
  await until(there, () => said(there, "cut").length === 4, "everything there");
  await until(room, () => said(room, "cut").length === 4, "everything here");

  assert.deepEqual(said(room, "cut "), ["cut 1", "cut 2", "cut 3"]);
  assert.deepEqual(said(room, "cut"), said(there, "cut"));
  isSeqs(room);
  behind.stop();
  line.close();
});

test("what could not be sent is sent by the next one that has the same shelf, once", async () => {
  const shelf = new MemoryShelf();
  const before = await arrived("ana", { shelf, websocket: "ws://127.0.0.1:9" });
  const waiting = [before.open(here.id).send("kept 1"), before.open(here.id).send("kept 2")];
  before.stop();
  for (const each of waiting) await assert.rejects(each, { code: "stopped" });

  const next = await arrived("ana", { shelf });
  assert.equal(next.isUnsent, true);
  await until(there, () => said(there, "kept").length === 2, "what was kept");

  assert.deepEqual(said(there, "kept"), ["kept 1", "kept 2"]);
  await until(next, () => !next.isUnsent && shelf.boxes.size === 0, "an empty outbox");
  next.stop();
});

test("a line is replaced before it ends, and nobody sees it", async () => {
  const dialled = [];
  const states = [];
  const rotating = await arrived("ana", { dial: rotatingAfter(600, dialled) });
  rotating.on("state", (state) => states.push(state));
  const room = rotating.open(here.id);
  await until(room, () => room.phase === "live", "live");

  for (let count = 1; dialled.length < 4; count += 1) await room.send(`over ${count} lines`);
  const count = said(room, "over").length;
  await until(there, () => said(there, "over").length === count, "all of them");

  assert.deepEqual(states.filter((state) => state !== "connecting"), ["connected"]);
  assert.deepEqual(said(room, "over"), Array.from({ length: count }, (_, index) => `over ${index + 1} lines`));
  isSeqs(room);
  rotating.stop();
});

test("the program of the client guide does what it says", async () => {
  const guide = await readFile(new URL("../../docs/clients.md", import.meta.url), "utf8");
  const [, program] = /```js\n(.*?)```/s.exec(guide);
  const { id } = await ana.api.create("Guide");
  const module = new URL("../../web/wireside.js", import.meta.url).href;

  const path = join(await mkdtemp(join(tmpdir(), "guide-")), "soup.mjs");
  await writeFile(path, program.replace("./web/wireside.js", module));
  const { stdout } = await run(process.execPath, [path, api, address, id], { env: { ...process.env, WIRESIDE_TOKEN: tokens.ana } });
  await rm(dirname(path), { recursive: true });

  assert.match(stdout, /^Ana: Is there soup\?\n.+: .+/m);
});
