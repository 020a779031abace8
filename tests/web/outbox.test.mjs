import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../web/wireside/outbox.js";
import { MemoryShelf } from "../../web/wireside/shelf.js";
import { SlowShelf } from "./fakes.mjs";
import { entry } from "./shelves.mjs";

const written = (clientId) => ({ conversationId: "c1", clientId, write: { action: "send", text: clientId }, seenIn: null, createdAt: "" });
const refusal = (code) => ({ code, message: "", retryable: false });
const kept = (shelf, box = "box") => (shelf.boxes.get(box) ?? []).map(({ clientId }) => clientId);

test("what is written survives a reload, in its order and with its place", async () => {
  const shelf = new MemoryShelf();
  const before = new Outbox(shelf, "box");
  before.add(written("a"));
  before.add(written("b"));
  before.change("a", { afterSeq: 7, epoch: "1.a" });

  const after = new Outbox(shelf, "box", { entries: await shelf.read("box") });

  assert.deepEqual(after.of("c1").map(({ clientId, afterSeq }) => [clientId, afterSeq]), [["a", 7], ["b", null]]);
});

test("what is refused stands aside and keeps its id when it is tried again", () => {
  const outbox = new Outbox(new MemoryShelf(), "box");
  outbox.add(written("a"));
  outbox.add(written("b"));

  outbox.change("a", { afterSeq: 7, refusal: refusal("text_too_long") });
  assert.equal(outbox.next("c1").clientId, "b");
  outbox.retry("a", "fresh");

  assert.deepEqual(outbox.of("c1").map(({ clientId }) => clientId), ["b", "a"]);
  assert.equal(outbox.of("c1")[1].afterSeq, 7);
});

test("an id that belongs to other content is replaced", () => {
  const outbox = new Outbox(new MemoryShelf(), "box");
  outbox.add(written("a"));
  outbox.change("a", { afterSeq: 7, epoch: "1.a", refusal: refusal("client_id_reused") });

  outbox.retry("a", "fresh");

  const [found] = outbox.of("c1");
  assert.deepEqual([found.clientId, found.afterSeq], ["fresh", null]);
});

test("an action waits for all that was changed before it, and for nothing after", async () => {
  const shelf = new SlowShelf();
  const outbox = new Outbox(shelf, "box");
  const done = [];

  outbox.whenStored(() => done.push("nothing to wait for"));
  outbox.add(written("a"));
  outbox.add(written("b"));
  outbox.whenStored(() => done.push("a, b"));
  assert.deepEqual([done, shelf.writes.length], [["nothing to wait for"], 1]);
  await shelf.store();
  assert.deepEqual([done.length, kept(shelf)], [1, ["a"]]);
  outbox.add(written("c"));
  await shelf.store();

  assert.deepEqual([done.at(-1), kept(shelf)], ["a, b", ["a", "b"]]);
});

test("what the shelf refuses goes on, is told, and is written with the next change", async () => {
  const shelf = new SlowShelf();
  const told = [];
  const outbox = new Outbox(shelf, "box", { onSafety: (isSafe, error) => told.push([isSafe, error?.name ?? null]) });
  const done = [];

  outbox.add(written("a"));
  outbox.whenStored(() => done.push("a"));
  await shelf.refuse();
  assert.deepEqual([done, told, outbox.isSafe], [["a"], [[false, "QuotaExceededError"]], false]);
  outbox.add(written("b"));
  await shelf.store();

  assert.deepEqual([told.at(-1), outbox.isSafe, kept(shelf)], [[true, null], true, ["a", "b"]]);
});

test("memory alone is never called safe", () => {
  const outbox = new Outbox(new MemoryShelf(), "box");

  outbox.add(written("a"));

  assert.equal(outbox.isSafe, false);
});

test("what another box held is taken over once, after what is here; its box is emptied in the same write", async () => {
  const shelf = new MemoryShelf();
  shelf.write({ left: [entry("a"), entry("b")] });
  const outbox = new Outbox(shelf, "box");
  outbox.add(written("mine"));
  outbox.add(written("b"));

  outbox.adopt("left", await shelf.read("left"));

  assert.deepEqual(outbox.of("c1").map(({ clientId }) => clientId), ["mine", "b", "a"]);
  assert.deepEqual([kept(shelf), kept(shelf, "left")], [["mine", "b", "a"], []]);
});

test("a box whose taking over could not be stored is emptied by the next write that can", async () => {
  const shelf = new SlowShelf();
  shelf.boxes.set("left", [entry("a")]);
  const outbox = new Outbox(shelf, "box");

  outbox.adopt("left", await shelf.read("left"));
  await shelf.refuse();
  assert.deepEqual(kept(shelf, "left"), ["a"]);
  outbox.add(written("b"));
  await shelf.store();

  assert.deepEqual([kept(shelf), kept(shelf, "left")], [["a", "b"], []]);
});
