import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../web/wireside/fold.js";
import { follow } from "../../web/wireside/membership.js";
import { ANA, BEN, conversation, event, message } from "./fakes.mjs";

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
