import assert from "node:assert/strict";
import { test } from "node:test";
import { Heights } from "../../web/views/heights.js";
import { History, rowsOf } from "../../web/views/rows.js";
import { isOutside, SPAN, windowAround } from "../../web/views/window.js";
import { Log } from "../../web/wireside/log.js";
import { ANA, chance, conversation, DEMO, event, message, messages } from "./fakes.mjs";

const NOW = new Date("2026-01-02T12:00:00Z");

/** A thread with this log. */
function threadOf(events, more = {}) {
  const log = new Log();
  log.begin(events, events.at(-1)?.seq ?? 0);
  return { room: { phase: "live", log, conversation: conversation(), streams: { inFlight: [] } }, writer: { pending: [] }, ...more };
}

const allOf = (history) => Array.from({ length: history.count }, (_, place) => history.rowsAt(place));

test("in 10,000 messages an event makes the rows anew that it changes, and a delta none", () => {
  const thread = threadOf(messages(10_000));
  const history = new History("ana");
  history.update(thread, NOW);
  const before = new Set(allOf(history).flat());
  const changed = (events) => {
    thread.room.log.add(events);
    history.update(thread, NOW);
    return allOf(history).flat().filter((row) => !before.has(row)).map(({ key }) => key);
  };

  thread.room.streams.inFlight = [{ runId: "r", participant: DEMO.id, triggerSeq: 1, offset: 0, text: "so", state: "writing" }];
  assert.deepEqual(changed([]), []);
  assert.deepEqual(changed([message(10_001, "more")]), ["seq-10001"]);
  // The row below is another one, for it looks at what stands above it.
  assert.deepEqual(changed([event(10_002, "edited", { target_seq: 5_000, text: "anew" })]), ["seq-5000", "seq-5001", "seq-10001"]);
  assert.equal(history.beginnings, 1);
});

test("a history that grew event by event, and at both ends, reads like one that is read at once", () => {
  const random = chance(7);
  const kinds = [
    (seq) => message(seq, `text ${seq}`),
    (seq) => message(seq, "anew", { sender: DEMO, regenerates: Math.max(1, Math.floor(random() * seq)), finish_reason: "stop" }),
    (seq) => event(seq, "edited", { target_seq: Math.ceil(random() * seq), text: `edited ${seq}` }),
    (seq) => event(seq, "deleted", { target_seq: Math.ceil(random() * seq) }),
    (seq) => event(seq, "reacted", { target_seq: Math.ceil(random() * seq), emoji: "🔥", on: random() < 0.7 }),
    (seq) => message(seq, "an answer", { reply_to: Math.max(1, Math.floor(random() * seq)) }),
  ];
  const all = Array.from({ length: 300 }, (_, index) => kinds[Math.floor(random() * kinds.length)](index + 1));

  const thread = threadOf(all.slice(100, 110));
  const history = new History("ana");
  for (let next = 110; next < 300; next += 1) {
    thread.room.log.add([all[next]]);
    if (next % 50 === 0) thread.room.log.prepend(all.slice(thread.room.log.start - 20, thread.room.log.start));
    history.update(thread, NOW);
    allOf(history);
  }
  thread.room.log.prepend(all.slice(0, thread.room.log.start));
  history.update(thread, NOW);

  assert.deepEqual([...history.above, ...allOf(history).flat()], rowsOf(threadOf(all), "ana", NOW));
});

test("the line that tells what is new stands above the first message of somebody else that was not read", () => {
  const log = [message(1, "old"), message(2, "mine", { sender: ANA }), event(3, "titled", { title: "x" }), message(4, "new"), message(5, "newer")];
  const lineIn = (readThrough) => {
    const history = new History("ana");
    history.update(threadOf(log), NOW, readThrough);
    const keys = allOf(history).flat().map(({ key }) => key);
    return keys[keys.indexOf("new") + 1];
  };

  assert.equal(lineIn(1), "seq-4");
  assert.equal(lineIn(4), "seq-5");
  for (const nothing of [null, 0, 5]) assert.equal(lineIn(nothing), `day-1`);
});

test("what is answered is quoted as it is now, also once it comes into the window or is deleted", () => {
  const log = [message(1, "first\n\nof   all"), message(2, "second", { reply_to: 1 })];
  const thread = threadOf(log.slice(1));
  const history = new History("ana");
  const quoteAt = (seq) => {
    history.update(thread, NOW);
    return history.rowsAt(history.placeOf(seq)).at(-1).quote;
  };

  assert.deepEqual(quoteAt(2), { seq: 1, name: null, text: "", isDeleted: false });
  thread.room.log.prepend(log.slice(0, 1));
  assert.deepEqual(quoteAt(2), { seq: 1, name: "Ben", text: "first of all", isDeleted: false });
  thread.room.log.add([event(3, "edited", { target_seq: 1, text: "anew" })]);
  assert.equal(quoteAt(2).text, "anew");
  thread.room.log.add([event(4, "deleted", { target_seq: 1 })]);
  assert.deepEqual(quoteAt(2), { seq: 1, name: "Ben", text: "", isDeleted: true });
});

test("heights add up, wherever they were measured, and find the item at every offset", () => {
  const random = chance(3);
  const heights = new Heights();
  const plain = [];
  for (const count of [0, 1, 7, 64, 1000]) {
    heights.fit(count, (place) => place, { isAnew: false });
    while (plain.length < count) plain.push(heights.before(plain.length + 1) - heights.before(plain.length));
    for (let time = 0; time < count; time += 3) {
      const place = Math.floor(random() * count);
      plain[place] = Math.ceil(random() * 300);
      heights.measure(place, place, plain[place]);
    }
    let sum = 0;
    for (const [place, height] of plain.entries()) {
      assert.ok(Math.abs(heights.before(place) - sum) < 1e-6);
      assert.equal(heights.placeAt(sum + height / 2), place);
      sum += height;
    }
    assert.ok(Math.abs(heights.total - sum) < 1e-6);
    assert.equal(heights.placeAt(sum + 1000), Math.max(0, count - 1));
  }
});

test("what was measured keeps its height when earlier items come in above", () => {
  const heights = new Heights();
  heights.fit(2, (place) => place + 10, { isAnew: true });
  heights.measure(0, 10, 100);
  heights.measure(1, 11, 300);

  heights.fit(4, (place) => place + 8, { isAnew: true });

  assert.deepEqual([1, 2, 3, 4].map((place) => heights.before(place)), [200, 400, 500, 800]);
});

test("a window holds what is in sight with some to spare, and never more than so many", () => {
  for (const count of [0, 5, SPAN, SPAN + 1, 10_000]) {
    for (const from of [0, 3, Math.floor(count / 2), Math.max(0, count - 4)]) {
      const inSight = { from, to: Math.min(count, from + 10) };
      const window = windowAround(inSight, count);
      assert.equal(isOutside(window, inSight, count), false);
      assert.equal(window.to - window.from, Math.min(count, SPAN));
    }
  }
  const window = windowAround({ from: 5_000, to: 5_010 }, 10_000);
  assert.equal(isOutside(window, { from: 5_020, to: 5_030 }, 10_000), false);
  assert.equal(isOutside(window, { from: 5_040, to: 5_050 }, 10_000), true);
  assert.equal(isOutside(window, { from: 4_965, to: 4_975 }, 10_000), true);
});
