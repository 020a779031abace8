import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fold, Folded } from "../../web/wireside/fold.js";

// The same table holds for clients/python: see tests/unit/test_python_fold.py.
const cases = JSON.parse(readFileSync(new URL("fold-cases.json", import.meta.url), "utf8"));

for (const { name, events } of cases) {
  test(`step by step, ${name}`, () => {
    const [folded, held, seen] = [new Folded(), [], []];

    for (const event of events) {
      held.push(event);
      const items = folded.of(held).foreseeing([]);
      assert.deepEqual(items, fold(held));
      seen.push([items, JSON.stringify(items)]);
    }

    for (const [before, told] of seen) assert.equal(JSON.stringify(before), told);
  });
}

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
