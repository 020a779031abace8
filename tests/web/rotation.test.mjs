import assert from "node:assert/strict";
import { test } from "node:test";
import { ANA, DEMO, message, messages } from "./fakes.mjs";
import { MINUTE_MS, Scene } from "./scene.mjs";

const IN_TEN_SECONDS = { server_time: "2026-01-01T00:00:00Z", rotate_at: "2026-01-01T00:00:10Z" };
const IDLE_LIMIT_MS = 10 * MINUTE_MS;

const seqs = ({ room }) => room.log.events.map(({ seq }) => seq);

/** A conversation that is open on a line that is to be replaced in ten seconds. */
function entered() {
  const scene = new Scene(messages(3));
  scene.client.wake();
  const thread = scene.client.show("c1");
  scene.welcome(IN_TEN_SECONDS);
  scene.answerOpen();
  return { scene, thread, old: scene.socket };
}

/** Store an event and have it told over one line. */
function tell(scene, socket, event) {
  if (!scene.log.some(({ seq }) => seq === event.seq)) scene.log.push(event);
  socket.push({ type: "event", conversation_id: "c1", epoch: "1.a", event });
}

test("a line that lives for seconds is replaced within them, and nobody sees it (fault 18)", () => {
  const { scene, thread, old } = entered();

  scene.clock.pass(8_999);
  assert.equal(scene.sockets.length, 1);
  scene.clock.pass(1_001);
  assert.equal(scene.sockets.length, 2);
  tell(scene, old, message(4, "before welcome"));
  scene.welcome(IN_TEN_SECONDS);
  tell(scene, old, message(5, "before opened"));
  assert.equal(scene.socket.frames("open")[0].after_seq, 4);
  scene.answerOpen();
  tell(scene, scene.socket, message(6, "on the new one"));

  assert.equal(old.readyState, 3);
  assert.deepEqual(seqs(thread), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(scene.states, ["connecting", "connected"]);
});

test("events that come over both lines are shown once (fault 18)", () => {
  const { scene, thread, old } = entered();
  scene.clock.pass(10_000);
  scene.welcome(IN_TEN_SECONDS);

  for (const socket of [old, scene.socket]) tell(scene, socket, message(4, "twice"));
  scene.answerOpen();
  tell(scene, scene.socket, message(4, "twice"));

  assert.deepEqual(seqs(thread), [1, 2, 3, 4]);
});

test("the old line stays until every conversation has caught up on the new one (fault 18)", () => {
  const { scene, old } = entered();
  scene.clock.pass(10_000);
  scene.client.write("c1", "answered on the old line");
  scene.welcome(IN_TEN_SECONDS);

  assert.equal(old.readyState, 1);
  tell(scene, old, message(4, "answered on the old line", { sender: ANA, client_id: "id1" }));
  scene.answerOpen();

  assert.equal(old.readyState, 3);
  assert.deepEqual(scene.sockets.flatMap((socket) => socket.frames("send")).length, 1);
});

test("a message in flight goes out again on the new line where the old one took its answer along (fault 18)", () => {
  const { scene, thread } = entered();
  scene.client.write("c1", "unanswered");
  scene.clock.pass(9_500);
  scene.welcome(IN_TEN_SECONDS);
  scene.answerOpen();
  scene.clock.pass(5_000);
  const [first] = scene.sockets[0].frames("send");

  assert.deepEqual(scene.socket.frames("send")[0], first);
  tell(scene, scene.socket, message(4, "unanswered", { sender: ANA, client_id: "id1" }));
  assert.deepEqual(seqs(thread), [1, 2, 3, 4]);
  assert.deepEqual(thread.writer.pending, []);
});

test("an answer goes on growing over both lines, and no character comes twice (fault 18)", () => {
  const { scene, thread, old } = entered();
  const run = { run_id: "r", participant: DEMO.id, trigger_seq: 3, fence: 1 };
  const delta = (socket, offset, text) =>
    socket.push({ type: "delta", conversation_id: "c1", run_id: "r", fence: 1, offset, text });
  old.push({ type: "run", conversation_id: "c1", state: "started", ...run });
  delta(old, 0, "one ");

  scene.clock.pass(10_000);
  scene.welcome(IN_TEN_SECONDS);
  delta(old, 4, "two ");
  delta(scene.socket, 8, "three ");
  scene.answerOpen({ runs: [{ ...run, offset: 0, text: "one two " }] });
  delta(scene.socket, 4, "two three ");
  delta(scene.socket, 14, "four");

  assert.deepEqual(thread.room.streams.inFlight.map(({ text }) => text), ["one two three four"]);
});

test("where the new line fails it is tried again while the old one lives (fault 18)", () => {
  const { scene, thread, old } = entered();
  scene.clock.pass(9_000);

  scene.socket.drop();
  scene.clock.pass(500);
  assert.equal(scene.sockets.length, 3);
  tell(scene, old, message(4, "still there"));
  scene.welcome(IN_TEN_SECONDS);
  scene.answerOpen();

  assert.equal(old.readyState, 3);
  assert.deepEqual(seqs(thread), [1, 2, 3, 4]);
  assert.deepEqual(scene.states, ["connecting", "connected"]);
});

test("line after line is replaced for as long as the page is open (fault 18)", () => {
  const { scene } = entered();

  for (let line = 2; line <= 12; line += 1) {
    scene.clock.pass(10_000);
    assert.equal(scene.sockets.length, line);
    scene.welcome(IN_TEN_SECONDS);
    scene.answerOpen();
  }

  assert.deepEqual(scene.sockets.map(({ readyState }) => readyState), [...Array(11).fill(3), 1]);
  assert.deepEqual(scene.states, ["connecting", "connected"]);
});

test("who says nothing for hours pings far more often than the gateway's idle limit (fault 18)", () => {
  const scene = new Scene();
  scene.client.wake();
  scene.welcome();
  const sentAt = [scene.clock.now()];
  const { socket } = scene;
  const send = socket.send.bind(socket);
  socket.send = (text) => (sentAt.push(scene.clock.now()), send(text));

  scene.stay(240);

  const pauses = sentAt.slice(1).map((at, index) => at - sentAt[index]);
  assert.equal(pauses.length, 480);
  assert.ok(Math.max(...pauses) < IDLE_LIMIT_MS / 10);
  assert.equal(scene.sockets.length, 1);
});
