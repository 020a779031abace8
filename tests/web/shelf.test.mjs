import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalShelf, MemoryShelf } from "../../web/wireside/shelf.js";
import { bestShelf } from "../../web/wireside/storage.js";
import { FakeClock, FakeStorage } from "./fakes.mjs";
import { CONTRACT, entry } from "./shelves.mjs";

for (const [rule, holds] of Object.entries(CONTRACT)) {
  test(`memory: ${rule}`, () => {
    const shelf = new MemoryShelf();
    return holds(() => shelf);
  });

  test(`localStorage: ${rule}`, () => {
    const storage = new FakeStorage();
    return holds(() => new LocalShelf(storage));
  });
}

test("a box that holds nonsense is an empty one", async () => {
  const storage = new FakeStorage();
  storage.setItem("box", "{nonsense");

  assert.deepEqual(await new LocalShelf(storage).read("box"), []);
});

test("a box of when there were only messages is read as that", async () => {
  const storage = new FakeStorage();
  storage.setItem("box", JSON.stringify([{ conversationId: "c1", clientId: "a", text: "kept", createdAt: "", afterSeq: 7, epoch: "1.a", refusal: null }]));

  const [{ write, afterSeq }] = await new LocalShelf(storage).read("box");

  assert.deepEqual([write, afterSeq], [{ action: "send", text: "kept" }, 7]);
});

test("a full storage takes over nothing that it then loses", () => {
  const storage = new FakeStorage();
  const shelf = new LocalShelf(storage);
  shelf.write({ old: [entry("a")] });
  storage.isFull = true;

  assert.throws(() => shelf.write({ old: [], fresh: [entry("a")] }));
  assert.notEqual(storage.getItem("old"), null);
});

/** IndexedDB that fails in one of the ways it has. */
const broken = {
  refuses: { open: () => { throw new DOMException("no", "SecurityError"); } },
  "is forbidden": { open: () => later((request) => request.onerror()) },
  "is blocked by an older tab": { open: () => later((request) => request.onblocked()) },
  "never answers": { open: () => ({}) },
};

function later(answer) {
  const request = { error: new DOMException("no", "InvalidStateError") };
  queueMicrotask(() => answer(request));
  return request;
}

for (const [how, factory] of Object.entries(broken)) {
  test(`where IndexedDB ${how}, localStorage takes its place, else memory`, async () => {
    const clock = new FakeClock();
    const full = new FakeStorage();
    full.isFull = true;
    const found = [new FakeStorage(), full, undefined].map((local) => bestShelf({ factory, local, clock }));
    clock.pass(3_000);

    assert.deepEqual((await Promise.all(found)).map(({ kind }) => kind), ["localstorage", "memory", "memory"]);
  });
}
