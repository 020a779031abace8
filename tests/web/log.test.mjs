import assert from "node:assert/strict";
import { test } from "node:test";
import { Log } from "../../web/wireside/log.js";
import { messages } from "./fakes.mjs";

const seqs = (log) => log.events.map(({ seq }) => seq);

test("events enter once and in order, however they come (faults 4, 10)", () => {
  const log = new Log();
  const all = messages(6);
  log.begin(all.slice(0, 2), 2);

  assert.deepEqual(log.add([all[4], all[3]]), []);
  assert.equal(log.isBehind, true);
  assert.deepEqual(log.add([all[2], all[2], all[0]]).map(({ seq }) => seq), [3, 4, 5]);

  assert.deepEqual(seqs(log), [1, 2, 3, 4, 5]);
  assert.equal(log.isBehind, false);
});

test("live events that come before the first page find their place (fault 17)", () => {
  const log = new Log();
  const all = messages(60);
  log.add([all[59]]);

  log.begin(all.slice(8, 58), 58);

  assert.equal(log.through, 58);
  log.add([all[58]]);
  assert.equal(log.through, 60);
});

test("an earlier page is taken only where it joins", () => {
  const log = new Log();
  const all = messages(10);
  log.begin(all.slice(6), 10);

  assert.equal(log.prepend(all.slice(0, 4)), false);
  assert.equal(log.prepend(all.slice(3, 8)), true);
  assert.equal(log.prepend(all.slice(0, 3)), true);
  assert.equal(log.prepend([]), false);

  assert.deepEqual(seqs(log), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("an empty log begins with the first event", () => {
  const log = new Log();
  log.begin([], 0);

  log.add(messages(1));

  assert.deepEqual(seqs(log), [1]);
});
