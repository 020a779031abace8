import assert from "node:assert/strict";
import { test } from "node:test";
import { Streams } from "../../web/wireside/streams.js";
import { DEMO, event, message } from "./fakes.mjs";

const run = (more = {}) => ({ run_id: "r", participant: DEMO.id, trigger_seq: 1, fence: 1, state: "started", ...more });
const delta = (offset, text, fence = 1) => ({ run_id: "r", fence, offset, text });
const textOf = (streams) => streams.inFlight[0]?.text;

test("deltas join, and what is held already is cut, in code points (fault 33)", () => {
  const streams = new Streams();
  streams.note(run());

  assert.equal(streams.apply(delta(0, "a🔥b")), false);
  assert.equal(streams.apply(delta(2, "b🪵c")), false);
  assert.equal(streams.apply(delta(0, "a🔥")), false);

  assert.equal(textOf(streams), "a🔥b🪵c");
});

test("a delta beyond what is held is kept until it joins, and asks for opening again", () => {
  const streams = new Streams();
  streams.note(run());

  assert.equal(streams.apply(delta(6, "fire")), true);
  assert.equal(streams.hasGap, true);
  assert.equal(streams.apply(delta(0, "by the")), false);

  assert.equal(textOf(streams), "by thefire");
});

test("an older fence is dropped, a higher one starts the text again (fault 29)", () => {
  const streams = new Streams();
  streams.note(run({ fence: 2 }));
  streams.apply(delta(0, "old", 1));
  streams.apply(delta(0, "first try", 2));

  streams.apply(delta(0, "second", 3));
  streams.apply(delta(9, "late", 2));

  assert.equal(textOf(streams), "second");
});

test("an unknown run asks once, and its deltas are not lost", () => {
  const streams = new Streams();

  assert.equal(streams.apply(delta(5, " six")), true);
  assert.equal(streams.apply(delta(9, " ten")), false);
  streams.restore([{ ...run(), offset: 2, text: "ree" }]);

  assert.deepEqual([streams.inFlight[0].offset, textOf(streams)], [2, "ree six ten"]);
});

test("opening again keeps what is held, and takes the tail where more is missing (fault 33)", () => {
  const streams = new Streams();
  streams.note(run());
  streams.apply(delta(0, "one two"));

  streams.restore([{ ...run(), offset: 4, text: "two three" }]);
  assert.equal(textOf(streams), "one two three");

  streams.restore([{ ...run(), offset: 100, text: "tail" }]);
  assert.deepEqual([streams.inFlight[0].offset, textOf(streams)], [100, "tail"]);
});

test("after its last event a run is gone for good", () => {
  const streams = new Streams();
  streams.note(run());
  streams.apply(delta(0, "text"));

  streams.settle(message(2, "text", { sender: DEMO, run_id: "r" }));

  assert.equal(streams.apply(delta(4, " more")), false);
  streams.restore([{ ...run(), offset: 0, text: "text" }]);
  assert.deepEqual(streams.inFlight, []);
});

test("a takeover ends the runs before it and none after it (fault 34)", () => {
  const streams = new Streams();
  streams.note(run());
  streams.note(run({ run_id: "later", trigger_seq: 9 }));

  streams.settle(event(5, "taken_over", { operator: { id: "o", name: "Olga" }, stopped_runs: [] }));

  assert.deepEqual(streams.inFlight.map(({ runId }) => runId), ["later"]);
});

test("what opened told before a takeover and came after it revives nothing (fault 34)", () => {
  const streams = new Streams();
  streams.apply(delta(6, "of a stranger"));
  streams.settle(event(5, "taken_over", { operator: { id: "o", name: "Olga" }, stopped_runs: [] }));

  streams.restore([{ ...run(), offset: 0, text: "text" }]);
  streams.note(run({ run_id: "another", trigger_seq: 4 }));

  assert.deepEqual(streams.inFlight, []);
});

test("the end of a conversation ends its runs, also those that only it names", () => {
  const streams = new Streams();
  streams.note(run());

  streams.settle(event(5, "ended", { duration_seconds: 60, stopped_runs: [{ run_id: "unknown", text: "half" }] }));

  assert.deepEqual(streams.inFlight, []);
  assert.equal(streams.apply({ ...delta(4, " more"), run_id: "unknown" }), false);
});
