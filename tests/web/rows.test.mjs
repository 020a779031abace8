import assert from "node:assert/strict";
import { test } from "node:test";
import { rightsOf } from "../../web/views/rights.js";
import { rowsOf } from "../../web/views/rows.js";
import { nameOf, tabText, unsentText } from "../../web/views/texts.js";
import { fold } from "../../web/wireside/fold.js";
import { ANA, BEN, conversation, DEMO, event, message } from "./fakes.mjs";

const NOW = new Date("2026-01-01T12:00:00Z");
const LOG = [message(1, "one", { sender: ANA }), message(2, "two"), message(3, "three", { sender: DEMO, finish_reason: "stop" })];
const OWNED = conversation({ members: [{ ...ANA, role: "owner" }, { ...BEN, role: "member" }, DEMO] });

/** A thread with this log, and these writes on their way. */
function thread({ events = LOG, pending = [], runs = [] } = {}) {
  const log = { isLoaded: true, start: 0, events };
  const entries = pending.map(({ refusal = null, ...write }, index) => ({ clientId: `id${index}`, write, refusal, createdAt: "" }));
  return { room: { phase: "live", log, conversation: OWNED, streams: { inFlight: runs } }, writer: { pending: entries } };
}

const rows = (what) => rowsOf(thread(what), "ana", NOW).filter(({ type }) => type !== "beginning" && type !== "day");
const messageAt = (seq, what) => rows(what).find(({ message: found }) => found?.seq === seq);

test("a change on its way is seen as done, a refused one stands below and has changed nothing", () => {
  const edit = { action: "edit", target_seq: 1, text: "uno" };
  const react = { action: "react", target_seq: 2, emoji: "🔥", on: true };

  const waiting = { pending: [edit, react] };
  assert.deepEqual([messageAt(1, waiting).message.text, messageAt(1, waiting).underWay], ["uno", "edit"]);
  assert.deepEqual(messageAt(2, waiting).message.reactions, { "🔥": ["ana"] });
  assert.equal(rows(waiting).length, 3);

  const refused = { pending: [{ ...edit, refusal: { code: "not_allowed" } }] };
  assert.equal(messageAt(1, refused).message.text, "one");
  assert.deepEqual(rows(refused).map(({ type }) => type), ["message", "message", "message", "pending"]);
});

test("what was written before it was stored stands for it in the same place, and in the same group", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const events = [...LOG, { ...message(4, "four", { sender: ANA }), at, client_id: "mine" }];
  const [reply, next] = [{ action: "send", text: "a", reply_to: 1 }, { action: "send", text: "b" }];
  const late = (entry) => ({ ...entry, createdAt: at });
  const pending = (entries, more = {}) => {
    const made = thread({ events, pending: entries, ...more });
    made.writer.pending = made.writer.pending.map(late);
    return rowsOf(made, "ana", NOW).filter(({ type }) => type === "pending").map(({ isGrouped }) => isGrouped);
  };
  const run = { runId: "r", participant: DEMO.id, triggerSeq: 4, offset: 0, text: "", state: "writing" };
  const done = { ...message(4, "done", { sender: DEMO, finish_reason: "stop" }) };
  done.body.run_id = "r";

  assert.equal(messageAt(4, { events }).was, "pending-mine");
  assert.equal(messageAt(4, { events: [...LOG, { ...events[3], sender: BEN }] }).was, null);
  assert.equal(messageAt(4, { events: [...LOG, done] }).was, rows({ runs: [run] }).at(-1).key);
  assert.deepEqual(pending([next, next]), [true, true]);
  assert.deepEqual(pending([reply, next]), [false, true]);
  assert.deepEqual(pending([next], { runs: [run] }), [false]);
  assert.deepEqual(pending([{ ...next, refusal: { code: "rate_limited" } }, next]), [false, false]);
});

test("a deletion, and a wish for another answer, are told as under way and not as done", () => {
  const what = { pending: [{ action: "delete", target_seq: 1 }, { action: "regenerate", target_seq: 3 }] };

  assert.deepEqual([messageAt(1, what).message.text, messageAt(1, what).underWay], ["one", "delete"]);
  assert.equal(messageAt(3, what).underWay, "regenerate");
});

test("what an assistant had said when it was silenced takes the place of its stream (fault 34)", () => {
  const run = { runId: "r", participant: DEMO.id, triggerSeq: 3, offset: 0, text: "half an ans", state: "writing" };
  const stopped = [{ run_id: "r", participant: DEMO.id, trigger_seq: 3, text: "half" }];
  const taken = event(4, "taken_over", { operator: { id: "o", name: "Olga" }, stopped_runs: stopped });

  const before = rows({ runs: [run] }).at(-1);
  const [remnant, notice] = rows({ events: [...LOG, taken] }).slice(-2);

  assert.deepEqual([before.type, before.key], ["writing", remnant.key]);
  assert.deepEqual([remnant.type, remnant.text, remnant.sender.name], ["remnant", "half", "Demo"]);
  assert.equal(notice.notice.kind, "taken_over");
});

test("nobody is offered what the service would refuse", () => {
  const [mine, other, answer] = fold(LOG);
  const rights = (item, room, userId) => Object.entries(rightsOf(item, room, userId)).filter(([, may]) => may).map(([right]) => right);
  const over = { ...OWNED, ended_at: "2026-01-01T00:00:00Z" };
  const operated = { ...OWNED, operator: { id: "olga", name: "Olga" } };

  assert.deepEqual(rights(mine, OWNED, "ana"), ["edit", "delete", "react"]);
  assert.deepEqual(rights(other, OWNED, "ana"), ["delete", "react"]);
  assert.deepEqual(rights(mine, OWNED, "ben"), ["react"]);
  assert.deepEqual(rights(answer, OWNED, "ben"), ["react", "regenerate"]);
  assert.deepEqual(rights(answer, operated, "ben"), ["react"]);
  assert.deepEqual(rights(mine, operated, "olga"), ["delete", "react"]);
  assert.deepEqual(rights(mine, over, "ana"), ["delete"]);
  assert.deepEqual(rights({ ...answer, replacedBy: 9 }, OWNED, "ben"), ["react"]);
  assert.deepEqual(rights(answer, { ...OWNED, members: [BEN] }, "ben"), ["react"]);
  assert.deepEqual(rights({ ...mine, isDeleted: true }, OWNED, "ana"), []);
  assert.deepEqual(rights(mine, null, "ana"), []);
});

test("the browser's title tells which conversation it is and how much is unread", () => {
  assert.equal(tabText(0, null), "Wireside");
  assert.equal(tabText(2, "Camp"), "(2) Camp · Wireside");
  assert.equal(tabText(100, null), "(99+) Wireside");
});

test("what was not done says what, and why", () => {
  const gone = { code: "invalid_field", message: "", retryable: false, details: { field: "target_seq" } };

  assert.equal(unsentText("edit", gone), "This change was not saved. That message is not there any more.");
  assert.equal(unsentText("delete", { ...gone, code: "not_allowed", details: {} }), "The message was not deleted. You may not do that here.");
});

test("a day begins with its date, and what one person says within five minutes hangs together", () => {
  const at = (hour, minute, day = 1) => new Date(2026, 0, day, hour, minute).toISOString();
  const said = [
    { ...message(1, "one", { sender: BEN }), at: at(9, 0) },
    { ...message(2, "two", { sender: BEN }), at: at(9, 4) },
    { ...message(3, "three", { sender: ANA }), at: at(9, 5) },
    { ...message(4, "four", { sender: ANA }), at: at(9, 11) },
    { ...message(5, "five", { sender: ANA }), at: at(9, 12, 2) },
  ];

  const shown = rowsOf(thread({ events: said }), "ana", new Date(2026, 0, 2, 12)).filter(({ type }) => type !== "beginning");

  const told = shown.map((row) => (row.type === "day" ? row.text : [row.message.seq, row.isGrouped, row.isMine]));
  assert.deepEqual(told, [
    "Yesterday", [1, false, false], [2, true, false], [3, false, true], [4, false, true],
    "Today", [5, false, true],
  ]);
});

test("whose id is a word that every object knows is called somebody, or by their name", () => {
  assert.equal(nameOf({}, "constructor"), "somebody");
  assert.equal(nameOf({ ana: "Ana" }, "ana"), "Ana");
  assert.equal(nameOf(Object.fromEntries([["__proto__", "Pro"]]), "__proto__"), "Pro");
});
