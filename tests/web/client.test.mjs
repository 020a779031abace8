import assert from "node:assert/strict";
import { test } from "node:test";
import { ANA, conversation, event, message, messages, settled, SlowShelf } from "./fakes.mjs";
import { MINUTE_MS, Scene } from "./scene.mjs";

const seqs = ({ room }) => room.log.events.map(({ seq }) => seq);
const pending = ({ writer }) => writer.pending.map(({ write, refusal }) => [write.text, refusal?.code ?? null]);

test("hello comes first, and nothing before welcome", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.client.show("c1");
  scene.socket.open();

  assert.deepEqual(scene.socket.protocols, ["wireside.v1", "wireside.auth.jwt"]);
  assert.deepEqual(scene.socket.sent, [{ action: "hello" }]);
});

test("one write at a time; its own event acknowledges it", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();

  scene.client.write("c1", "first");
  scene.client.write("c1", "second");
  assert.deepEqual(scene.socket.frames("send").map(({ text, after_seq }) => [text, after_seq]), [["first", 3]]);
  scene.tell(message(4, "first", { sender: ANA, client_id: "id1" }));

  assert.deepEqual(scene.socket.frames("send").map(({ text, after_seq }) => [text, after_seq]), [["first", 3], ["second", 4]]);
  assert.deepEqual(pending(thread), [["second", null]]);
});

test("somebody else's event with the same id acknowledges nothing", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();

  scene.client.write("c1", "mine");
  scene.tell(message(4, "theirs", { client_id: "id1" }));

  assert.deepEqual(pending(thread), [["mine", null]]);
});

test("without an answer the same frame goes out again after 5 s (fault 3)", () => {
  const scene = new Scene(messages(3));
  scene.enter();
  scene.client.write("c1", "hello");
  scene.tell(message(4, "meanwhile"));

  scene.clock.pass(5_000);

  const [first, second] = scene.socket.frames("send");
  assert.deepEqual(first, second);
});

test("after a reconnect what was stored is acknowledged, and what was not is raised past what was read (faults 3, 7)", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  scene.client.write("c1", "stored");
  scene.client.write("c1", "lost");
  scene.socket.drop();
  scene.log.push(message(4, "stored", { sender: ANA, client_id: "id1" }), message(5, "other"));

  scene.clock.pass(500);
  scene.welcome();
  assert.equal(scene.socket.frames("open")[0].after_seq, 3);
  assert.deepEqual(scene.socket.frames("send"), []);
  scene.answerOpen();

  assert.deepEqual(scene.socket.frames("send").map(({ text, after_seq }) => [text, after_seq]), [["lost", 5]]);
  assert.deepEqual(pending(thread), [["lost", null]]);
});

test("after a reload the log is read back to where a message was first sent from", async () => {
  const before = new Scene(messages(3));
  before.enter();
  before.client.write("c1", "was it stored?");
  const log = [...before.log, message(4, "was it stored?", { sender: ANA, client_id: "id1" })];
  for (let seq = 5; seq <= 200; seq += 1) log.push(message(seq, "noise"));

  const after = new Scene(log, before.shelf);
  const thread = after.enter();
  await settled();

  assert.deepEqual(after.socket.frames("send"), []);
  assert.deepEqual(pending(thread), []);
  assert.deepEqual(seqs(thread), seqs(thread).map((_, index) => thread.room.log.start + index + 1));
});

test("a gap is awaited 300 ms, then asked for (fault 10)", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  const [missed, seen] = [message(4, "missed"), message(5, "seen")];
  scene.log.push(missed);
  scene.tell(seen);

  scene.clock.pass(299);
  assert.deepEqual(scene.socket.frames("sync"), []);
  scene.clock.pass(1);
  const [{ ref, after_seq, epoch }] = scene.socket.frames("sync");
  assert.deepEqual([after_seq, epoch], [3, "1.a"]);
  scene.socket.push({ type: "events", ref, conversation_id: "c1", epoch, events: [missed, seen], head: 5, more: false });

  assert.deepEqual(seqs(thread), [1, 2, 3, 4, 5]);
  scene.clock.pass(10_000);
  assert.equal(scene.socket.frames("sync").length, 1);
});

test("live frames during catch-up are merged (fault 17)", () => {
  const scene = new Scene(messages(3));
  scene.client.wake();
  const thread = scene.client.show("c1");
  scene.welcome();
  const { ref } = scene.socket.frames("open")[0];
  const page = [...scene.log];

  scene.socket.push({ type: "opened", ref, conversation_id: "c1", conversation: conversation(), epoch: "1.a", head: 3, n: 3, runs: [] });
  scene.tell(message(4, "live"));
  scene.socket.push({ type: "events", ref, conversation_id: "c1", epoch: "1.a", events: page, head: 3, more: false });

  assert.deepEqual(seqs(thread), [1, 2, 3, 4]);
});

test("a pong tells of a last message that was lost (fault 11)", () => {
  const scene = new Scene(messages(3));
  scene.enter();

  scene.socket.push({ type: "pong", server_time: "", heads: { c1: 4 } });
  scene.clock.pass(300);

  assert.equal(scene.socket.frames("sync")[0].after_seq, 3);
});

test("another epoch means reloading over HTTP, and reading the whole log before a write is repeated (fault 20)", async () => {
  const scene = new Scene(messages(120));
  const thread = scene.enter();
  scene.client.write("c1", "again?");
  scene.socket.drop();
  scene.log.length = 90;
  scene.api.epoch = "2.a";

  scene.clock.pass(500);
  scene.welcome();
  const { ref } = scene.socket.frames("open")[0];
  scene.socket.push({ type: "error", ref, code: "resync_required", message: "", retryable: false, fatal: false, conversation_id: "c1" });
  await settled();
  assert.deepEqual(scene.api.asked[0], { before_seq: 91 });
  scene.answerOpen({ epoch: "2.a" });
  await settled();

  assert.deepEqual(thread.room.log.start, 0);
  assert.deepEqual(scene.socket.frames("send").map(({ text, after_seq }) => [text, after_seq]), [["again?", 90]]);
});

test("a refused message stands aside with its reason, a retryable one waits", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  const refuse = (client_id, code, more) =>
    scene.socket.push({ type: "error", code, message: "", retryable: false, conversation_id: "c1", client_id, ...more });
  scene.client.write("c1", "bad");
  scene.client.write("c1", "soon");

  refuse("id1", "invalid_field");
  refuse("id2", "rate_limited", { retryable: true, retry_after_ms: 2_000 });
  assert.deepEqual(pending(thread), [["bad", "invalid_field"], ["soon", null]]);
  scene.clock.pass(1_999);
  assert.equal(scene.socket.frames("send").length, 2);
  scene.clock.pass(1);

  assert.deepEqual(scene.socket.frames("send").map(({ text }) => text), ["bad", "soon", "soon"]);
});

test("what is too long is refused before it is sent, and 1009 refuses what was in flight", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  scene.client.write("c1", "x".repeat(10_001));
  scene.client.write("c1", "🔥".repeat(9_999));
  scene.client.write("c1", "in flight");

  scene.socket.drop(1009);

  assert.deepEqual(pending(thread).map(([, code]) => code), ["text_too_long", "frame_too_large", "frame_too_large"]);
});

test("edits, deletions, reactions and wishes for another answer wait in the same line, and keep their ids", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  const writes = [
    { action: "edit", target_seq: 1, text: "uno" }, { action: "react", target_seq: 2, emoji: "🔥", on: true },
    { action: "delete", target_seq: 1 }, { action: "regenerate", target_seq: 3 },
  ];

  scene.client.write("c1", "first");
  for (const write of writes) scene.client.post.put("c1", write);
  assert.deepEqual(scene.socket.sent.filter(({ client_id }) => client_id).length, 1);
  for (const seq of [4, 5, 6, 7]) scene.tell({ ...event(seq, "any", {}, ANA), client_id: `id${seq - 3}` });
  scene.clock.pass(5_000);

  const [edited] = scene.socket.frames("edit");
  assert.deepEqual(edited, { action: "edit", conversation_id: "c1", client_id: "id2", after_seq: 4, target_seq: 1, text: "uno" });
  const [first, again] = scene.socket.frames("regenerate");
  assert.deepEqual(first, { action: "regenerate", conversation_id: "c1", client_id: "id5", after_seq: 7, target_seq: 3 });
  assert.deepEqual(again, first);
  scene.tell({ ...event(8, "regenerate_requested", { target_seq: 3, addressed: [] }, ANA), client_id: "id5" });
  assert.deepEqual(thread.writer.pending, []);
});

test("a change to a message of a log that was restored is not sent to the new one (fault 20)", async () => {
  const scene = new Scene(messages(120));
  const thread = scene.enter();
  scene.socket.drop();
  scene.client.post.put("c1", { action: "delete", target_seq: 90 });
  scene.log.length = 90;
  scene.api.epoch = "2.a";

  scene.clock.pass(500);
  scene.welcome();
  const { ref } = scene.socket.frames("open")[0];
  scene.socket.push({ type: "error", ref, code: "resync_required", message: "", retryable: false, fatal: false, conversation_id: "c1" });
  await settled();
  scene.answerOpen({ epoch: "2.a" });
  await settled();

  assert.deepEqual(scene.socket.frames("delete"), []);
  assert.deepEqual(thread.writer.pending.map(({ refusal }) => refusal?.code), ["resync_required"]);
});

/** A run in flight that answers the newest message. */
function stream(scene, more = {}) {
  const run = { run_id: "r", participant: "assistant:demo", trigger_seq: scene.log.length, fence: 1, ...more };
  scene.socket.push({ type: "run", conversation_id: "c1", state: "started", ...run });
}

test("a stop goes out again until it is answered, also on the next line, and never stops what came later (fault 31)", () => {
  const scene = new Scene(messages(3));
  const { stopper } = scene.enter();
  stream(scene);
  assert.equal(stopper.isStopping, false);

  stopper.stop();
  scene.tell(message(4, "after the stop"));
  scene.clock.pass(5_000);
  const [first, again] = scene.socket.frames("stop");
  scene.socket.drop();
  scene.clock.pass(500);
  scene.welcome();
  const [third] = scene.socket.frames("stop");
  scene.socket.push({ type: "stopped", ref: third.ref, conversation_id: "c1", runs: ["r"] });
  scene.clock.pass(60_000);

  assert.deepEqual([first, again, third].map(({ after_seq }) => after_seq), [3, 3, 3]);
  assert.deepEqual(first, again);
  assert.equal(scene.socket.frames("stop").length, 1);
  assert.equal(stopper.isStopping, true);
  stream(scene, { run_id: "next", trigger_seq: 4 });
  assert.equal(stopper.isStopping, false);
});

test("a stop that is refused may be asked again", () => {
  const scene = new Scene(messages(3));
  const { stopper } = scene.enter();
  stream(scene);

  stopper.stop();
  const [{ ref }] = scene.socket.frames("stop");
  scene.socket.push({ type: "error", ref, code: "not_found", message: "", retryable: false, fatal: false, conversation_id: "c1" });

  assert.deepEqual([stopper.isBusy, stopper.isStopping], [false, false]);
});

test("a silent line is dead after 75 s; the next one comes with backoff", () => {
  const scene = new Scene();
  scene.enter();

  scene.clock.pass(MINUTE_MS);
  assert.equal(scene.socket.frames("ping").length, 2);
  scene.clock.pass(14_999);
  assert.equal(scene.states.at(-1), "connected");
  scene.clock.pass(1);
  assert.equal(scene.states.at(-1), "waiting");
  scene.clock.pass(500);

  assert.equal(scene.sockets.length, 2);
});

test("the backoff doubles up to 30 s, and coming online ends it (fault 19)", () => {
  const scene = new Scene();
  scene.client.wake();
  const waits = [];
  for (let attempt = 0; attempt < 9; attempt += 1) {
    scene.socket.drop();
    const [count, since] = [scene.sockets.length, scene.clock.now()];
    while (scene.sockets.length === count) scene.clock.pass(100);
    waits.push(scene.clock.now() - since);
  }

  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  scene.socket.drop();
  scene.client.wake();
  assert.equal(scene.sockets.length, 11);
});

test("a service that welcomes and drops is asked less and less, until a line holds (fault 19)", () => {
  const scene = new Scene();
  scene.client.wake();
  const waitMs = () => {
    const [count, since] = [scene.sockets.length, scene.clock.now()];
    while (scene.sockets.length === count) scene.clock.pass(100);
    return scene.clock.now() - since;
  };
  const waits = [];
  for (let attempt = 0; attempt < 4; attempt += 1) {
    scene.welcome();
    scene.clock.pass(1_000);
    scene.socket.drop();
    waits.push(waitMs());
  }
  scene.welcome();
  scene.clock.pass(10_000);
  scene.socket.drop();

  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000]);
  assert.equal(waitMs(), 500);
});

test("before its end a connection is replaced, and only then closed (fault 18)", () => {
  const scene = new Scene(messages(3));
  scene.client.wake();
  const thread = scene.client.show("c1");
  scene.welcome({ rotate_at: "2026-01-01T01:50:00Z" });
  scene.answerOpen();
  const old = scene.socket;

  for (let minute = 0; minute < 110 && scene.sockets.length === 1; minute += 1) {
    scene.socket.push({ type: "pong", server_time: "", heads: { c1: 3 } });
    scene.clock.pass(MINUTE_MS);
  }
  assert.equal(scene.sockets.length, 2);
  scene.welcome();
  assert.equal(old.readyState, 1);
  old.push({ type: "event", conversation_id: "c1", epoch: "1.a", event: message(4, "on the old one") });
  scene.log.push(message(4, "on the old one"));
  scene.answerOpen();

  assert.equal(old.readyState, 3);
  assert.deepEqual(seqs(thread), [1, 2, 3, 4]);
  assert.deepEqual(new Set(scene.states), new Set(["connecting", "connected"]));
});

for (const wrongMs of [-24 * 60 * MINUTE_MS, 24 * 60 * MINUTE_MS]) {
  test(`a clock that is ${wrongMs} ms wrong changes neither the order nor the hour of replacement (fault 21)`, () => {
    const scene = new Scene(messages(3));
    scene.clock.pass(24 * 60 * MINUTE_MS + wrongMs);
    scene.client.wake();
    const thread = scene.client.show("c1");
    scene.welcome({ server_time: "2026-01-02T00:00:00Z", rotate_at: "2026-01-02T01:50:00Z" });
    scene.answerOpen();

    scene.client.write("c1", "mine");
    scene.tell(message(4, "theirs"));
    scene.tell(message(5, "mine", { sender: ANA, client_id: "id1" }));
    scene.stay(108);

    assert.deepEqual(thread.room.log.events.slice(3).map(({ body }) => body.text), ["theirs", "mine"]);
    assert.deepEqual(pending(thread), []);
    assert.equal(scene.sockets.length, 1);
    scene.clock.pass(MINUTE_MS);
    assert.equal(scene.sockets.length, 2);
  });
}

test("a stream goes on after a reload from what opened told (fault 33)", () => {
  const scene = new Scene(messages(3));
  scene.client.wake();
  const thread = scene.client.show("c1");
  scene.welcome();
  const run = { run_id: "r", participant: "assistant:demo", trigger_seq: 3, fence: 1 };
  scene.answerOpen({ runs: [{ ...run, offset: 0, text: "so far" }] });

  scene.socket.push({ type: "delta", conversation_id: "c1", run_id: "r", fence: 1, offset: 3, text: "far and on" });

  assert.deepEqual(thread.room.streams.inFlight.map(({ text }) => text), ["so far and on"]);
});

test("a stream with a hole opens again, at most once a second", () => {
  const scene = new Scene(messages(3));
  scene.enter();
  const run = { run_id: "r", participant: "assistant:demo", trigger_seq: 3, fence: 1 };
  scene.socket.push({ type: "run", conversation_id: "c1", state: "started", ...run });

  for (let offset = 10; offset < 100; offset += 10) {
    scene.socket.push({ type: "delta", conversation_id: "c1", run_id: "r", fence: 1, offset, text: "x" });
  }
  scene.clock.pass(999);
  assert.equal(scene.socket.frames("open").length, 1);
  scene.clock.pass(1);

  assert.equal(scene.socket.frames("open").length, 2);
});

test("an expired sign-in is told, typing is told at most every 3 s", () => {
  const scene = new Scene(messages(3));
  scene.enter();

  for (let key = 0; key < 10; key += 1) {
    scene.client.typing("c1");
    scene.clock.pass(500);
  }
  scene.socket.push({ type: "error", code: "token_expired", message: "", retryable: false, fatal: true });

  assert.equal(scene.socket.frames("typing").length, 2);
  assert.equal(scene.expired, 1);
});

test("a message in another conversation than the one shown is still sent, then that one is closed", () => {
  const scene = new Scene(messages(3));
  scene.enter();
  scene.client.write("c1", "goodbye");
  scene.client.show(null);

  assert.deepEqual(scene.socket.frames("close"), []);
  scene.tell(message(4, "goodbye", { sender: ANA, client_id: "id1" }));

  assert.equal(scene.socket.frames("close").length, 1);
});

test("where somebody is no member any more, what waits is refused and may be tried again", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  scene.client.write("c1", "in flight");
  scene.client.write("c1", "waiting");
  scene.socket.drop();

  scene.clock.pass(500);
  scene.welcome();
  const { ref } = scene.socket.frames("open")[0];
  scene.socket.push({ type: "error", ref, code: "not_found", message: "", retryable: false, fatal: false, conversation_id: "c1" });
  assert.deepEqual(pending(thread), [["in flight", "not_found"], ["waiting", "not_found"]]);
  scene.client.post.retry("c1", "id1");
  scene.answerOpen();

  assert.deepEqual(scene.socket.frames("send").map(({ text }) => text), ["in flight"]);
});

const HOUR = { server_time: "2026-03-01T12:00:00Z", expires_at: "2026-03-01T13:00:00Z" };

test("a fresh token is wanted five minutes before the old one expires, and again until it comes", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.welcome(HOUR);

  scene.stay(54);
  assert.equal(scene.wanted, 0);
  scene.stay(1);
  assert.equal(scene.wanted, 1);
  scene.stay(1);
  assert.equal(scene.wanted, 3);
});

test("a token that lives for seconds is renewed in its last quarter", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.welcome({ ...HOUR, expires_at: "2026-03-01T12:00:08Z" });

  scene.clock.pass(5_900);
  assert.equal(scene.wanted, 0);
  scene.clock.pass(100);
  assert.equal(scene.wanted, 1);
  assert.equal(scene.over, false);
});

test("that a token is over is told when it is, and not again", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.welcome({ ...HOUR, expires_at: "2026-03-01T12:00:08Z" });

  scene.clock.pass(8_000);
  assert.deepEqual([scene.wanted, scene.over], [2, true]);
  scene.clock.pass(40_000);
  assert.equal(scene.wanted, 2);
});

test("a fresh token goes over the line that there is, again until answered, and is the next to be renewed", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.welcome(HOUR);
  scene.stay(55);

  scene.client.refresh("fresh");
  scene.clock.pass(5_000);
  const [first, again] = scene.socket.frames("refresh");
  scene.socket.push({ type: "refreshed", ref: first.ref, expires_at: "2026-03-01T14:00:00Z" });

  assert.equal(first.token, "fresh");
  assert.deepEqual(first, again);
  scene.stay(58);
  assert.equal(scene.wanted, 1);
  scene.stay(3);
  assert.ok(scene.wanted > 1);
  assert.equal(scene.sockets.length, 1);
});

test("nothing is wanted on a line that is down, and a refresh then waits for the next welcome", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.welcome(HOUR);
  scene.socket.drop();
  const before = scene.sockets.length;

  scene.client.refresh("fresh");
  scene.clock.pass(56 * MINUTE_MS);

  assert.equal(scene.wanted, 0);
  assert.ok(scene.sockets.length > before);
  assert.deepEqual(scene.sockets.flatMap((socket) => socket.frames("refresh")), []);
});

for (const reason of ["rotate", "shutdown"]) {
  test(`a goodbye to ${reason} makes a new line before the old one ends`, () => {
    const scene = new Scene();
    scene.enter();
    const before = scene.socket;

    before.push({ type: "goodbye", reason, reconnect: true });

    assert.equal(scene.sockets.length, 2);
    assert.equal(before.readyState, 1);
    assert.equal(scene.client.state, "connected");
  });
}

for (const reason of ["removed", "flooding"]) {
  test(`a goodbye for ${reason} that wants nobody back is the last`, () => {
    const scene = new Scene();
    scene.enter();

    scene.socket.push({ type: "goodbye", reason, reconnect: false });
    scene.clock.pass(5 * MINUTE_MS);

    assert.equal(scene.sockets.length, 1);
    assert.equal(scene.client.state, "stopped");
  });
}

test("a goodbye to an expired token asks for a fresh one, and the line comes back", () => {
  const scene = new Scene();
  scene.enter();

  scene.socket.push({ type: "goodbye", reason: "expired", reconnect: true });
  scene.socket.drop();
  scene.clock.pass(MINUTE_MS);

  assert.equal(scene.expired, 1);
  assert.ok(scene.sockets.length > 1);
});

test("nothing goes out before it is on the shelf with its place, and not at all if the line went meanwhile", async () => {
  const shelf = new SlowShelf();
  const scene = new Scene(messages(3), shelf);
  scene.enter();

  scene.client.write("c1", "slowly");
  assert.deepEqual(scene.socket.frames("send"), []);
  await shelf.store();
  scene.socket.drop();
  await shelf.store();
  assert.deepEqual(shelf.boxes.get("outbox").map(({ afterSeq, epoch }) => [afterSeq, epoch]), [[3, "1.a"]]);
  scene.clock.pass(500);
  scene.welcome();
  scene.answerOpen();
  await shelf.store();

  assert.deepEqual(scene.sockets.map((socket) => socket.frames("send").length), [0, 1]);
});

test("a shelf that refuses keeps nobody from writing", async () => {
  const shelf = new SlowShelf();
  const scene = new Scene(messages(3), shelf);
  scene.enter();

  scene.client.write("c1", "all the same");
  while (shelf.writes.length > 0) await shelf.refuse();

  assert.deepEqual(scene.socket.frames("send").map(({ text }) => text), ["all the same"]);
});

test("a line that the service does not know any more is replaced", () => {
  const scene = new Scene(messages(3));
  scene.enter();

  scene.socket.push({ type: "error", code: "hello_required", message: "", retryable: false, fatal: false });
  scene.clock.pass(500);
  scene.welcome();

  assert.deepEqual(scene.sockets.map((socket) => socket.frames("hello").length), [1, 1]);
  assert.equal(scene.client.state, "connected");
});

test("a log that ends before the place of a write is another one, whatever its epoch says: all of it is read first", async () => {
  const scene = new Scene(messages(120));
  scene.enter();
  scene.client.write("c1", "where to?");
  scene.socket.drop();
  scene.log.length = 90;

  scene.clock.pass(500);
  scene.welcome();
  const { ref } = scene.socket.frames("open")[0];
  scene.socket.push({ type: "error", ref, code: "invalid_after_seq", message: "", retryable: false, fatal: false, conversation_id: "c1" });
  await settled();
  scene.answerOpen();
  await settled();

  assert.deepEqual(scene.api.asked, [{ before_seq: 91 }, { before_seq: 41 }]);
  assert.deepEqual(scene.socket.frames("send").map(({ after_seq }) => after_seq), [90]);
});

test("what waits in more conversations than may be open is sent from one after another", () => {
  const ids = Array.from({ length: 22 }, (_, index) => `c${index + 1}`);
  const before = new Scene();
  for (const id of ids) before.client.write(id, `to ${id}`);
  const scene = new Scene([], before.shelf);
  scene.client.wake();
  scene.welcome();
  const isOpen = new Set();
  let most = 0;

  for (let step = 0; step < ids.length; step += 1) {
    const { ref, conversation_id } = scene.socket.frames("open").at(-1);
    most = Math.max(most, isOpen.add(conversation_id).size);
    scene.socket.push({ type: "opened", ref, conversation_id, conversation: conversation({ id: conversation_id }), epoch: "1.a", head: 0, n: 0, runs: [] });
    scene.socket.push({ type: "events", ref, conversation_id, epoch: "1.a", events: [], head: 0, more: false });
    const { client_id, text } = scene.socket.frames("send").at(-1);
    assert.equal(text, `to ${conversation_id}`);
    if (step < 19) continue;
    for (const sent of scene.socket.frames("send").filter((frame) => isOpen.has(frame.conversation_id))) {
      isOpen.delete(sent.conversation_id);
      scene.socket.push({ type: "event", conversation_id: sent.conversation_id, epoch: "1.a", event: message(1, sent.text, { sender: ANA, client_id: sent.client_id }) });
      const closing = scene.socket.frames("close").at(-1);
      scene.socket.push({ type: "closed", ref: closing.ref, conversation_id: closing.conversation_id });
    }
    assert.ok(client_id);
  }

  assert.deepEqual(scene.socket.frames("send").map(({ text }) => text).sort(), ids.map((id) => `to ${id}`).sort());
  assert.equal(most, 20);
});
