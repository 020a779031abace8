import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../web/wireside/fold.js";
import { Log } from "../../web/wireside/log.js";
import { follow } from "../../web/wireside/membership.js";
import { Thread } from "../../web/wireside/thread.js";
import { ANA, BEN, chance, conversation, DEMO, event, FakeClock, message } from "./fakes.mjs";

test("edits, deletions and reactions change their message, in the order of the log", () => {
  const items = fold([
    message(1, "one"),
    message(2, "two"),
    event(3, "edited", { target_seq: 1, text: "uno" }),
    event(4, "reacted", { target_seq: 1, emoji: "🔥", on: true }, ANA),
    event(5, "reacted", { target_seq: 1, emoji: "🔥", on: true }, BEN),
    event(6, "reacted", { target_seq: 1, emoji: "🔥", on: false }, ANA),
    event(7, "deleted", { target_seq: 2 }),
    event(8, "edited", { target_seq: 2, text: "late" }),
  ]);

  assert.deepEqual(items.map(({ seq, text }) => [seq, text]), [[1, "uno"], [2, ""]]);
  assert.deepEqual(items[0].reactions, { "🔥": ["ben"] });
  assert.equal(items[1].isDeleted, true);
});

test("what is unknown, or has its target outside of the window, is passed over", () => {
  const items = fold([event(9, "invented_later", { x: 1 }), event(10, "edited", { target_seq: 2, text: "x" })]);

  assert.deepEqual(items, []);
});

test("failed answers and comings and goings are notices", () => {
  const items = fold([event(1, "joined", { user: BEN }), event(2, "run_failed", { code: "model_timeout" })]);

  assert.deepEqual(items.map(({ type, kind }) => [type, kind]), [["notice", "joined"], ["notice", "run_failed"]]);
});

test("a conversation follows its events, once each", () => {
  const carla = { id: "carla", name: "Carla" };
  const before = conversation({ head: 3 });

  const old = follow(before, event(3, "joined", { user: carla }));
  const joined = follow(before, event(4, "joined", { user: carla }));
  const left = follow(joined, event(5, "left", { user: BEN }));
  const titled = follow(left, event(6, "titled", { title: "Fire" }));

  assert.equal(old, before);
  assert.deepEqual(titled.members.map(({ id }) => id), ["ana", "carla", "assistant:demo"]);
  assert.deepEqual([titled.title, titled.head], ["Fire", 6]);
});

const answer = (seq, text, more = {}) => message(seq, text, { sender: DEMO, finish_reason: "stop", model: "demo", ...more });
const shown = (items) => items.filter(({ type, replacedBy }) => type === "message" && replacedBy === null).map(({ seq }) => seq);

test("a deleted message leaves the same behind, seen happen or read afterwards (fault 6)", () => {
  const between = event(3, "reacted", { target_seq: 1, emoji: "🔥", on: true }, ANA);
  const deleted = event(5, "deleted", { target_seq: 1 });
  const live = [
    answer(1, "secret", { run_id: "r", trigger_seq: 1, regenerates: 9 }), event(2, "edited", { target_seq: 1, text: "hidden" }),
    between, message(4, "other"), deleted,
  ];
  const read = [
    message(1, "", { sender: DEMO, deleted: true, run_id: "r", trigger_seq: 1 }),
    event(2, "edited", { target_seq: 1, text: "", deleted: true }), between, message(4, "other"), deleted,
  ];

  assert.deepEqual(fold(live), fold(read));
  assert.equal(JSON.stringify(fold(live)).includes("secret"), false);
  assert.equal(JSON.stringify(fold(live)).includes("hidden"), false);
});

/** A history of messages, answers and changes to them, as it happened. */
function history(random, length) {
  const log = [];
  const pick = (items) => items[Math.floor(random() * items.length)];
  const targets = () => log.filter(({ kind, seq }) => kind === "message" && !log.some(({ kind: other, body }) => other === "deleted" && body.target_seq === seq));
  for (let seq = 1; seq <= length; seq += 1) {
    const target_seq = pick(targets())?.seq;
    const kind = target_seq ? pick(["message", "answer", "edited", "deleted", "reacted", "reacted"]) : "message";
    const regenerates = pick(targets().filter(({ sender }) => sender === DEMO))?.seq;
    const bodies = { edited: { text: `secret ${seq}` }, deleted: {}, reacted: { emoji: pick(["🔥", "👍"]), on: random() < 0.7 } };
    if (kind === "message") log.push(message(seq, `secret ${seq}`));
    else if (kind === "answer") log.push(answer(seq, `secret ${seq}`, random() < 0.5 && regenerates ? { regenerates } : {}));
    else log.push(event(seq, kind, { target_seq, ...bodies[kind] }, pick([ANA, BEN])));
  }
  return log;
}

/** What is in the store afterwards: nothing of what was written in deleted messages. */
function stored(log) {
  const gone = new Set(log.filter(({ kind }) => kind === "deleted").map(({ body }) => body.target_seq));
  return log.map((each) => {
    if (each.kind === "message" && gone.has(each.seq)) return { ...each, body: { text: "", deleted: true } };
    const isEdit = each.kind === "edited" && gone.has(each.body.target_seq);
    return isEdit ? { ...each, body: { target_seq: each.body.target_seq, text: "", deleted: true } } : each;
  });
}

test("a view folded from live frames equals one folded from pages, in every window of any history", () => {
  const random = chance(31);
  for (let round = 0; round < 300; round += 1) {
    const live = history(random, 30);
    const read = stored(live);
    for (let start = 0; start < live.length; start += 7) assert.deepEqual(fold(live.slice(start)), fold(read.slice(start)));
  }
});

test("reactions are counted by emoji and person, each person's once", () => {
  const react = (seq, emoji, on, who) => event(seq, "reacted", { target_seq: 1, emoji, on }, who);

  const [item] = fold([
    message(1, "one"), react(2, "🔥", true, ANA), react(3, "🔥", true, ANA), react(4, "🔥", true, BEN),
    react(5, "👍", true, BEN), react(6, "👍", false, BEN), react(7, "👍", false, ANA),
  ]);

  assert.deepEqual(item.reactions, { "🔥": ["ana", "ben"] });
});

test("a reaction may be any word, also one that every object knows", () => {
  for (const emoji of ["constructor", "__proto__", "toString"]) {
    const react = (seq, on, who) => event(seq, "reacted", { target_seq: 1, emoji, on }, who);
    const both = [message(1, "one"), react(2, true, ANA), react(3, true, BEN)];

    assert.deepEqual(Object.entries(fold(both)[0].reactions), [[emoji, ["ana", "ben"]]]);
    assert.deepEqual(fold([...both, react(4, false, ANA), react(5, false, BEN)])[0].reactions, {});
  }
});

test("a newer answer stands in for all before it, whichever of them it was asked of", () => {
  const asked = event(3, "regenerate_requested", { target_seq: 2, addressed: [DEMO.id] }, ANA);
  const log = [message(1, "why?"), answer(2, "one"), asked, answer(4, "two", { regenerates: 2 })];
  const more = [answer(5, "three", { regenerates: 4 }), answer(6, "four", { regenerates: 2 })];

  assert.deepEqual(shown(fold(log)), [1, 4]);
  assert.deepEqual(shown(fold([...log, ...more])), [1, 6]);
  assert.equal(fold([...log, ...more])[1].replacedBy, 6);
  assert.deepEqual(shown(fold([...log, message(5, "another")])), [1, 4, 5]);
});

test("an answer that was stopped before it said anything, or is deleted, stands in for nothing", () => {
  const log = [message(1, "why?"), answer(2, "one")];

  assert.deepEqual(shown(fold([...log, answer(3, "", { regenerates: 2, finish_reason: "stopped" })])), [1, 2, 3]);
  const gone = [answer(3, "two", { regenerates: 2 }), event(4, "deleted", { target_seq: 3 })];
  assert.deepEqual(shown(fold([...log, ...gone])), [1, 2, 3]);
});

test("what was said until a takeover or the end is kept before their notices (fault 34)", () => {
  const operator = { id: "o", name: "Olga", type: "operator" };
  const run = (text) => ({ run_id: `r-${text}`, participant: DEMO.id, trigger_seq: 1, text });

  const items = fold([
    message(1, "why?"),
    event(2, "taken_over", { operator, stopped_runs: [run("half"), run("")] }, operator),
    event(3, "released", { operator }, operator),
    event(4, "ended", { duration_seconds: 60, stopped_runs: [run("quarter")] }),
  ]);

  assert.deepEqual(items.map(({ seq, type, text, kind }) => [seq, type, text ?? kind]), [
    [1, "message", "why?"], [2, "remnant", "half"], [2, "notice", "taken_over"], [3, "notice", "released"],
    [4, "remnant", "quarter"], [4, "notice", "ended"],
  ]);
});

test("what the reader has asked for is foreseen, and changes nothing of the log", () => {
  const log = [message(1, "one", { sender: ANA }), message(2, "two")];
  const edited = { kind: "edited", userId: "ana", body: { target_seq: 1, text: "uno" } };
  const reacted = { kind: "reacted", userId: "ana", body: { target_seq: 2, emoji: "🔥", on: true } };

  const [first, second] = fold(log, [edited, reacted]);

  assert.deepEqual([first.text, first.isEdited, second.reactions], ["uno", true, { "🔥": ["ana"] }]);
  assert.equal(fold(log)[0].text, "one");
});

test("a conversation knows who has taken it over, and that it has ended", () => {
  const operator = { id: "o", name: "Olga" };

  const taken = follow(conversation(), event(1, "taken_over", { operator, stopped_runs: [] }));
  const released = follow(taken, event(2, "released", { operator }));
  const ended = follow(released, event(3, "ended", { duration_seconds: 60, stopped_runs: [] }));

  assert.deepEqual(taken.operator, operator);
  assert.equal("operator" in released, false);
  assert.equal(ended.ended_at, "2026-01-01T00:00:00.000Z");
});

test("in 10,000 messages a look at a conversation costs what has changed", () => {
  let read = 0;
  const counted = (told) => new Proxy(told, { get: (each, name) => ((read += 1), each[name]) });
  const log = new Log();
  log.begin(Array.from({ length: 10_000 }, (_, index) => counted(message(index + 1, `number ${index + 1}`))), 10_000);
  const pending = [];
  const writer = { pending };
  const thread = new Thread({ room: { log }, writer, userId: "ana", clock: new FakeClock(), tell: () => true });
  const before = thread.messages;

  read = 0;
  assert.deepEqual(thread.messages.map(({ seq }) => seq), before.map(({ seq }) => seq));
  assert.equal(read, 0);
  log.add([counted(event(10_001, "edited", { target_seq: 7, text: "sept" })), counted(message(10_002, "more"))]);
  read = 0;
  const after = thread.messages;

  assert.ok(read < 60, `${read} reads`);
  assert.equal(after.filter((each, index) => each !== before[index]).length, 2);
  assert.equal(after[6].text, "sept");
  assert.equal(before[6].text, "number 7");
  pending.push({ write: { action: "react", target_seq: 9, emoji: "🔥", on: true }, refusal: null });
  assert.deepEqual(thread.messages[8].reactions, { "🔥": ["ana"] });
  assert.deepEqual(after[8].reactions, {});
  assert.equal(thread.items.length, 10_001);
});
