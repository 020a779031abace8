import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../web/wireside/outbox.js";
import { FakeShelf } from "./fakes.mjs";

const written = (clientId) => ({ conversationId: "c1", clientId, write: { action: "send", text: clientId }, createdAt: "" });
const refusal = (code) => ({ code, message: "", retryable: false });

test("what is written survives a reload, in its order and with its place", () => {
  const shelf = new FakeShelf();
  const before = new Outbox(shelf, "key");
  before.add(written("a"));
  before.add(written("b"));
  before.change("a", { afterSeq: 7, epoch: "1.a" });

  const after = new Outbox(shelf, "key");

  assert.deepEqual(after.of("c1").map(({ clientId, afterSeq }) => [clientId, afterSeq]), [["a", 7], ["b", null]]);
});

test("what is refused stands aside and keeps its id when it is tried again", () => {
  const outbox = new Outbox(new FakeShelf(), "key");
  outbox.add(written("a"));
  outbox.add(written("b"));

  outbox.change("a", { afterSeq: 7, refusal: refusal("text_too_long") });
  assert.equal(outbox.next("c1").clientId, "b");
  outbox.retry("a", "fresh");

  assert.deepEqual(outbox.of("c1").map(({ clientId }) => clientId), ["b", "a"]);
  assert.equal(outbox.of("c1")[1].afterSeq, 7);
});

test("an id that belongs to other content is replaced", () => {
  const outbox = new Outbox(new FakeShelf(), "key");
  outbox.add(written("a"));
  outbox.change("a", { afterSeq: 7, epoch: "1.a", refusal: refusal("client_id_reused") });

  outbox.retry("a", "fresh");

  const [entry] = outbox.of("c1");
  assert.deepEqual([entry.clientId, entry.afterSeq], ["fresh", null]);
});

test("a shelf that holds nonsense is an empty one", () => {
  const shelf = new FakeShelf();
  shelf.setItem("key", "{nonsense");

  assert.deepEqual(new Outbox(shelf, "key").conversationIds, []);
});

test("a shelf of when there were only messages is read as that", () => {
  const shelf = new FakeShelf();
  shelf.setItem("key", JSON.stringify([{ conversationId: "c1", clientId: "a", text: "kept", createdAt: "", afterSeq: 7, epoch: "1.a", refusal: null }]));

  const { write, afterSeq } = new Outbox(shelf, "key").next("c1");

  assert.deepEqual([write, afterSeq], [{ action: "send", text: "kept" }, 7]);
});
