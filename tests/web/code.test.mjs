import assert from "node:assert/strict";
import { test } from "node:test";
import { isEasy } from "../../web/views/code.js";
import highlight from "../../web/vendor/highlight.js";

test("what nobody writes as code has no colours: it would take the square of its length", () => {
  assert.ok(isEasy("let a = 1;\n".repeat(700)));
  assert.ok(!isEasy("$".repeat(301)));
  assert.ok(!isEasy("a\n".repeat(4_001)));
});

test("what has colours has them soon, whatever it is", () => {
  const lines = ["$", "a "].map((unit) => `${unit.repeat(300).slice(0, 300)}\n`.repeat(27).slice(0, 8_000));
  const before = process.cpuUsage();

  for (const text of lines) for (const language of ["java", "csharp"]) highlight.highlight(text, { language, ignoreIllegals: true });

  assert.ok(process.cpuUsage(before).user / 4 < 500_000, "500 ms for each, in microseconds");
});
