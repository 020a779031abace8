import assert from "node:assert/strict";
import { test } from "node:test";
import { answererOf } from "../../web/views/answerer.js";
import { rowsOf } from "../../web/views/rows.js";
import { noticeText, unsentText } from "../../web/views/texts.js";
import { follow } from "../../web/wireside/membership.js";
import { ANA, BEN, conversation, DEMO, event, message, messages } from "./fakes.mjs";
import { Scene } from "./scene.mjs";

const NOW = new Date("2026-01-01T12:00:00Z");
const MODELS = [{ id: "demo", name: "Demo" }, { id: "claude", name: "Claude" }];
const CLAUDE = { id: "assistant:claude", name: "Claude", type: "assistant" };
const chosen = (seq, model, sender = BEN) => event(seq, "model_selected", { model }, sender);

test("welcome tells what may be chosen", () => {
  const scene = new Scene(messages(1));
  assert.deepEqual(scene.client.models, []);

  scene.client.wake();
  scene.welcome({ models: MODELS });

  assert.deepEqual(scene.client.models, MODELS);
});

test("a choice is a write like any other: after the one before it, again after 5 s, and acknowledged once", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  scene.client.write("c1", "hello");
  scene.client.post.put("c1", { action: "model", model: "claude" });
  assert.deepEqual(scene.socket.frames("model"), []);

  scene.tell(message(4, "hello", { sender: ANA, client_id: "id1" }));
  scene.clock.pass(5_000);

  const [first, again] = scene.socket.frames("model");
  assert.deepEqual([first.model, first.after_seq], ["claude", 4]);
  assert.deepEqual(again, first);
  scene.tell({ ...chosen(5, "claude", ANA), client_id: first.client_id });
  assert.deepEqual(thread.writer.pending, []);
  assert.equal(thread.room.conversation.model, "claude");
});

test("what somebody else chooses is what is chosen", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();
  assert.equal(thread.room.conversation.model, "demo");

  scene.tell(chosen(4, "claude"));

  assert.equal(thread.room.conversation.model, "claude");
  assert.equal(follow(conversation({ head: 4 }), chosen(4, "claude")).model, "demo");
});

test("who is not there any more does not answer: the first one does", () => {
  assert.equal(answererOf(MODELS, "claude"), "claude");
  assert.equal(answererOf(MODELS, "gone"), "demo");
  assert.equal(answererOf([], "gone"), undefined);
});

test("a choice is told by the assistant's name, and is no message while it is under way", () => {
  const thread = (pending) => ({
    room: {
      phase: "live", log: { isLoaded: true, start: 0, events: [chosen(1, "claude"), chosen(2, "gone")] }, streams: { inFlight: [] },
      conversation: conversation({ members: [ANA, BEN, DEMO, CLAUDE] }),
    },
    writer: { pending },
  });
  const entry = { clientId: "id", write: { action: "model", model: "demo" }, refusal: null, createdAt: "" };
  const refusal = { code: "unknown_model", message: "", retryable: false };
  const below = (pending) => rowsOf(thread(pending), "ana", NOW).filter(({ type }) => type === "pending").length;

  const told = rowsOf(thread([]), "ana", NOW).filter(({ type }) => type === "notice").map(({ notice }) => noticeText(notice));

  assert.deepEqual(told, ["Ben chose Claude", "Ben chose gone"]);
  assert.deepEqual([below([entry]), below([{ ...entry, refusal }])], [0, 1]);
  assert.equal(unsentText("model", refusal), "Who answers was not changed. There is no such assistant any more.");
});
