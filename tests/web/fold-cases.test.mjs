import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fold } from "../../web/wireside/fold.js";

// The same table holds for clients/python: see tests/unit/test_python_fold.py.
const cases = JSON.parse(readFileSync(new URL("fold-cases.json", import.meta.url), "utf8"));

for (const { name, events, items } of cases) {
  test(name, () => {
    const folded = JSON.parse(JSON.stringify(fold(events)));

    assert.equal(folded.length, items.length);
    items.forEach((item, index) => {
      const told = Object.fromEntries(Object.keys(item).map((key) => [key, folded[index][key]]));
      assert.deepEqual(told, item);
    });
  });
}
