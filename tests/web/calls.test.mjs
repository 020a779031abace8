import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "../../web/views/rows.js";
import { callText, noticeText } from "../../web/views/texts.js";
import { fold } from "../../web/wireside/fold.js";
import { ANA, BEN, conversation, DEMO, event, message } from "./fakes.mjs";

const called = (seq, more = {}) =>
  event(seq, "tool_called", { run_id: "r", tool: "pay", arguments: { cents: 5 }, approved: true, ...more }, DEMO);
const result = (seq, target_seq, more = {}) =>
  event(seq, "tool_result", { run_id: "r", tool: "pay", target_seq, result: "paid", ...more }, DEMO);
const decided = (seq, approved) =>
  event(seq, "approved", { run_id: "r", tool: "pay", target_seq: 2, approved, addressed: [DEMO.id] }, BEN);
const answer = (seq, run_id = "r") => message(seq, "done", { sender: DEMO, run_id, trigger_seq: 1, finish_reason: "stop" });
const callIn = (events) => fold(events).find(({ type }) => type === "call");

test("a call runs until its result comes", () => {
  assert.equal(callIn([called(2)]).state, "runs");

  const call = callIn([called(2), result(3, 2)]);
  assert.deepEqual([call.state, call.tool, call.result], ["done", "pay", "paid"]);
  assert.match(call.arguments, /"cents": 5/);
});

test("nothing in what is to be approved is invisible, or turns the rest around", () => {
  const order = "A\u202e1\u2066\u200b\u{e0041}\u2028é";
  const call = callIn([called(2, { approved: false, arguments: { order } })]);

  assert.match(call.arguments, /"A\\u202e1\\u2066\\u200b\\udb40\\udc41\\u2028é"/);
  assert.deepEqual(JSON.parse(call.arguments), { order });
});

test("a call that waits is approved or declined, and says so", () => {
  const waits = called(2, { approved: false });

  const states = [[waits], [waits, decided(4, true)], [waits, decided(4, false)], [waits, decided(4, false), result(5, 2)]]
    .map((events) => callIn(events).state);

  assert.deepEqual(states, ["waits", "runs", "declined", "declined"]);
  assert.equal(noticeText(fold([waits, decided(4, false)])[1]), "Ben declined the use of pay");
  assert.equal(callText(callIn([waits])), "asks to use");
});

test("with its answer a call is deleted, seen happen or read afterwards (fault 6)", () => {
  const gone = { text: "", deleted: true, run_id: "r", tool: "pay" };
  const live = [called(2), result(3, 2), answer(4), event(5, "deleted", { target_seq: 4 })];
  const read = [
    event(2, "tool_called", gone, DEMO), event(3, "tool_result", { ...gone, target_seq: 2 }, DEMO),
    message(4, "", { sender: DEMO, run_id: "r", trigger_seq: 1, deleted: true }), event(5, "deleted", { target_seq: 4 }),
  ];

  const shown = (events) => callIn(events);
  assert.deepEqual(shown(live), shown(read));
  assert.deepEqual([shown(live).arguments, shown(live).result, shown(live).isDeleted], ["", null, true]);
});

test("the result of a later turn is deleted with that turn's answer alone", () => {
  const events = [
    called(2, { approved: false }), answer(3), decided(4, true), result(5, 2, { run_id: "other" }), answer(6, "other"),
    event(7, "deleted", { target_seq: 6 }),
  ];

  const call = callIn(events);
  assert.deepEqual([call.result, call.isDeleted], [null, false]);
});

test("results and decisions whose call is not in the window are passed over", () => {
  assert.deepEqual(fold([result(3, 2)]), []);
  assert.deepEqual(fold([decided(4, true)]).map(({ type }) => type), ["notice"]);
});

/** The row of a call that waits. */
function rowIn({ pending = [], ...fields } = {}) {
  const members = [{ ...ANA, role: "owner" }, DEMO];
  const log = { isLoaded: true, start: 0, events: [called(2, { approved: false })] };
  const entries = pending.map((write, index) => ({ clientId: `id${index}`, write, refusal: null, createdAt: "" }));
  const room = { phase: "live", log, conversation: conversation({ members, ...fields }), streams: { inFlight: [] } };
  return rowsOf({ room, writer: { pending: entries } }, "ana", new Date(0)).find(({ type }) => type === "call");
}

test("members may decide on a call that waits, until they have or nobody may", () => {
  assert.equal(rowIn().mayDecide, true);
  assert.equal(rowIn({ operator: BEN }).mayDecide, false);
  assert.equal(rowIn({ ended_at: "2026-01-01T00:00:00Z" }).mayDecide, false);

  const underWay = rowIn({ pending: [{ action: "approve", target_seq: 2, approved: true }] });
  assert.deepEqual([underWay.mayDecide, underWay.isUnderWay], [false, true]);
});
