import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { WiresideError } from "../../web/wireside/errors.js";
import { errorText, failureText, UNKNOWN } from "../../web/views/errors.js";

const PROTOCOL = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");

/** All codes of the protocol: those of its table, and those that a `run_failed` has. */
function codes() {
  const section = PROTOCOL.split("\n## Error codes\n")[1].split("\n## ")[0];
  const table = section.split("\n").filter((line) => /^\| \d{3} /.test(line));
  const ofRuns = section.split("\n").filter((line) => line.startsWith("In `run_failed`"));
  const lines = [...table, ...ofRuns].map((line) => line.replace(/\([^)]*\)/g, ""));
  return [...new Set(lines.flatMap((line) => [...line.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code)))];
}

test("every error code of the protocol has a text of its own for people", () => {
  const found = codes().filter((code) => code !== "run_failed");

  assert.ok(found.length >= 30, `only ${found.length} codes`);
  for (const code of found) {
    assert.notEqual(errorText(code), UNKNOWN, code);
    assert.ok(!errorText(code).includes("_"), code);
  }
});

test("the generated table of what is answered knows no other codes", () => {
  const generated = [...PROTOCOL.matchAll(/^\| \d{3} \| `([a-z_]+)` \|/gm)].map(([, code]) => code);

  assert.ok(generated.length > 0);
  for (const code of generated) assert.notEqual(errorText(code), UNKNOWN, code);
});

test("a code that is newer than the page still says something", () => {
  assert.equal(errorText("from_tomorrow"), UNKNOWN);
});

test("the second operator is told who has the conversation", () => {
  const refusal = { code: "already_taken_over", message: "", retryable: false, details: { operator: "o", operator_name: "Olga" } };

  assert.equal(failureText(new WiresideError(refusal)), "Olga has taken this conversation over.");
});
