import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../web/wireside/markup.js";

const links = (text) => parse(text).flatMap(({ spans }) => spans).filter(({ type }) => type === "link").map(({ href }) => href);

test("blank lines part paragraphs, single ones stay", () => {
  const blocks = parse("one\ntwo\n\nthree");

  assert.deepEqual(blocks.map(({ spans }) => spans[0].text), ["one\ntwo", "three"]);
});

test("fences hold code as it is, also where nobody closed them", () => {
  assert.deepEqual(parse("look\n```js\nlet a = `b`;\n\nx\n```\nend")[1], {
    type: "code", text: "let a = `b`;\n\nx", language: "js",
  });
  assert.deepEqual(parse("```\nopen"), [{ type: "code", text: "open", language: "" }]);
  assert.deepEqual(parse("```"), [{ type: "code", text: "", language: "" }]);
});

test("inline code is found, and a lone tick is text", () => {
  assert.deepEqual(parse("a `b` c")[0].spans, [
    { type: "text", text: "a " }, { type: "code", text: "b" }, { type: "text", text: " c" },
  ]);
  assert.deepEqual(parse("it`s")[0].spans, [{ type: "text", text: "it`s" }]);
});

test("only addresses of the web are links (fault 45)", () => {
  assert.deepEqual(links("javascript:alert(1) data:text/html,x ftp://a.b //c.d"), []);
  assert.deepEqual(links("see https://example.com/a_(b)."), ["https://example.com/a_(b)"]);
  assert.deepEqual(links("see https://example.com/a_(b) and (http://x.y/z), “https://q.r/s”"), [
    "https://example.com/a_(b)", "http://x.y/z", "https://q.r/s",
  ]);
});

test("nothing of a text is lost", () => {
  const text = "a `b` https://c.d/e. <b>f</b> https://";
  const back = parse(text)[0].spans.map(({ type, text: part }) => (type === "code" ? `\`${part}\`` : part)).join("");

  assert.equal(back, text);
});

test("no text takes long, and none is too deep: whoever wrote it wanted just that", () => {
  const texts = [
    `https://a.example/${")".repeat(50_000)}`,
    `https://a.example/${"(".repeat(50_000)}${").".repeat(50_000)}`,
    `\`\`\`${" ".repeat(100_000)}!`,
    "a\n\n".repeat(50_000),
    "```\n".repeat(50_000),
    "`".repeat(100_000),
  ];
  const began = performance.now();

  for (const text of texts) assert.ok(parse(text).length > 0);

  assert.ok(performance.now() - began < 5_000);
});
