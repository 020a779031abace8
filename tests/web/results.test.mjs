import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../web/wireside/fold.js";
import { isListOf, resultsIn } from "../../web/wireside/results.js";
import { DEMO, event, message } from "./fakes.mjs";

const PESTO = { name: "Pesto", url: "https://site.example/1?a=b", site: "site", type: "Recipe", description: "Green.", score: 90 };
const NAMELESS = { name: "https://site.example/", url: "https://site.example/" };
const PLAIN = { name: "Plain", site: "elsewhere" };

test("results are told with the host that they lead to", () => {
  assert.deepEqual(resultsIn({ items: [PESTO, PLAIN] }), [
    {
      name: "Pesto", url: "https://site.example/1?a=b", href: "https://site.example/1?a=b", host: "site.example", type: "Recipe",
      description: "Green.",
    },
    { name: "Plain", url: "", href: null, host: "elsewhere", type: "", description: "" },
  ]);
});

test("only addresses of the web are linked to", () => {
  const urls = [
    "javascript:alert(1)", "data:text/html,x", "//site.example", "/a", "ftp://site.example", "https://", "https://me@site.example",
    "https://me:x@site.example", " javascript:x", "", 7, null, ["https://site.example"],
  ];

  for (const url of urls) assert.deepEqual(resultsIn({ items: [{ name: "x", url }] }).map(({ href }) => href), [null], String(url));
});

test("what is no list of results is none", () => {
  for (const items of [undefined, null, "x", 7, {}, [7], [null], [{}], [{ name: 7 }], [{ name: "" }]]) assert.deepEqual(resultsIn({ items }), []);
});

test("a text that lists the results, in any order, says nothing more", () => {
  const results = resultsIn({ items: [PESTO, NAMELESS, PLAIN] });
  const text = "- https://site.example/\n- Plain\n- Pesto: https://site.example/1?a=b";

  assert.equal(isListOf(text, results), true);
  assert.equal(isListOf(`${text}\n\nGood.`, results), false);
  assert.equal(isListOf("- Plain", results), false);
  assert.equal(isListOf("", []), false);
});

test("a message has its results until it is deleted", () => {
  const answer = message(1, "Two.", { sender: DEMO, items: [PESTO, PLAIN] });

  assert.deepEqual(fold([answer])[0].results.map(({ name }) => name), ["Pesto", "Plain"]);
  assert.deepEqual(fold([answer, event(2, "deleted", { target_seq: 1 })])[0].results, []);
  assert.deepEqual(fold([message(1, "", { sender: DEMO, deleted: true, items: [PESTO] })])[0].results, []);
});
