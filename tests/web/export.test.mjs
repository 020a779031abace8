import assert from "node:assert/strict";
import { test } from "node:test";
import { gathered } from "../../web/wireside/export.js";
import { nameOfFile } from "../../web/views/texts.js";

/** Pages that are read one after the other. */
function reader(...texts) {
  return async (cursor) => {
    const at = Number(cursor || 0);
    return { text: texts[at], cursor: at + 1 < texts.length ? String(at + 1) : "" };
  };
}

const page = (seqs, more = {}) => JSON.stringify({ conversation: { id: "c1" }, epoch: "1.a", head: 3, events: seqs.map((seq) => ({ seq })), ...more });

test("pages in Markdown are one document", async () => {
  assert.equal(await gathered("md", reader("# Camp\n", "one\n", "two\n")), "# Camp\none\ntwo\n");
});

test("pages in JSON are one log", async () => {
  const whole = JSON.parse(await gathered("json", reader(page([1, 2], { head: 2 }), page([3]))));

  assert.deepEqual(whole, { conversation: { id: "c1" }, epoch: "1.a", head: 3, events: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] });
});

test("a log that was restored in between is not mixed with the one before", async () => {
  await assert.rejects(gathered("json", reader(page([1]), page([2], { epoch: "2.b" }))), { refusal: { code: "resync_required", message: "", retryable: false } });
});

test("a file has a name that every system takes", () => {
  assert.equal(nameOfFile("Été: ../Paris?", "md"), "ete-paris.md");
  assert.equal(nameOfFile("🔥", "json"), "conversation.json");
});
