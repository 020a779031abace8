import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlOf, LONGEST, pieces } from "../../web/views/markdown.js";

const people = (text) => htmlOf(text, { breaks: true });
const assistant = (text) => htmlOf(text, { breaks: false });
const links = (text) => [...people(text).matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
const elements = (html) => new Set([...html.matchAll(/<(\w+)/g)].map(([, name]) => name));

test("a line that people end is ended, and an assistant's lines flow", () => {
  assert.equal(people("one\ntwo\n\nthree"), '<p dir="auto">one<br>two</p>\n<p dir="auto">three</p>\n');
  assert.equal(assistant("one\ntwo"), '<p dir="auto">one\ntwo</p>\n');
  assert.equal(people("Sincerely\n---"), '<p dir="auto">Sincerely</p>\n<hr>\n');
});

test("fences hold code as it is, also where nobody closed them", () => {
  assert.match(people("look\n```js\nlet a = `b`;\n\nx\n```\nend"), /<pre><code class="language-js">let a = `b`;\n\nx\n<\/code><\/pre>/);
  assert.equal(people("```\nopen"), "<pre><code>open</code></pre>\n");
});

test("tables, lists, tasks, quotes and headings are what they are", () => {
  assert.match(assistant("|a|b|\n|:-|-:|\n|1|2|"), /<td class="align-left" dir="auto">1<\/td>\n<td class="align-right" dir="auto">2/);
  assert.match(assistant("- [ ] wood\n- [x] fire\n- [y] x"), /☐ wood.*☑ fire.*\[y\] x/s);
  assert.match(assistant("7. a\n8. b"), /<ol start="7" dir="auto">/);
  assert.match(assistant("> a"), /<blockquote dir="auto">\n<p dir="auto">a/);
  assert.deepEqual([...elements(assistant("# a\n## b\n###### c"))], ["h2", "h3", "h6"]);
});

test("characters have names, which browsers know, and numbers", () => {
  assert.equal(people("&copy; &#169; &lt;b&gt; &amp;copy; &nope; &; &a"), '<p dir="auto">&copy; © &lt;b&gt; &amp;copy; &nope; &amp;; &amp;a</p>\n');
  assert.equal(people("`&copy;` \\&copy;"), '<p dir="auto"><code>&amp;copy;</code> &amp;copy;</p>\n');
  assert.deepEqual(links("[a](https://b.c?d&amp;e) https://f.g?h&amp;i=j"), ["https://b.c?d&amp;e", "https://f.g?h&amp;i=j"]);
  assert.equal(people("&lt;img src=x&gt; &LT;b&#60;"), '<p dir="auto">&lt;img src=x&gt; &LT;b&lt;</p>\n');
});

test("what looks like HTML is text (fault 45)", () => {
  const html = people('<img src=x onerror="alert(1)"><script>a</script>\n\n<div style="x">\n\n**<b>** `<i>`\n```"><u>\n<s>\n```');

  assert.deepEqual([...elements(html)].sort(), ["br", "code", "p", "pre", "strong"].filter((each) => each !== "br"));
  assert.match(html, /&lt;script&gt;/);
});

test("only addresses of the web and of mailboxes are links (fault 45)", () => {
  assert.deepEqual(links("javascript:alert(1) data:text/html,x ftp://a.b //c.d e@f.g www.h.i"), []);
  assert.deepEqual(links("[a](javascript:alert(1)) [b](//c.d) [e](data:text/html,x) [f](#g) [h](/i) <javascript:x> [j](JaVaScRiPt&#58;k)"), []);
  assert.deepEqual(links("[a](https://b.c) <mailto:d@e.f> mailto:g@h.i [j](HTTP://K.L)"), ["https://b.c", "mailto:d@e.f", "mailto:g@h.i", "HTTP://K.L"]);
  assert.deepEqual(links("see https://example.com/a_(b) and (http://x.y/z), “https://q.r/s”."), [
    "https://example.com/a_(b)", "http://x.y/z", "https://q.r/s",
  ]);
});

test("a picture is a link with its words, and only its words inside of one", () => {
  assert.equal(people("![A **red** fox](https://a.b/c.png)"), '<p dir="auto"><a href="https://a.b/c.png">A red fox</a></p>\n');
  assert.equal(people('![](https://a.b/"c".png)'), '<p dir="auto"><a href="https://a.b/%22c%22.png">https://a.b/%22c%22.png</a></p>\n');
  assert.equal(people("[![x](https://a.b)](https://c.d)"), '<p dir="auto"><a href="https://c.d">x</a></p>\n');
  assert.deepEqual(links("![x](data:image/png;base64,AAAA)"), []);
});

test("nothing that a text could style or name itself is left in it", () => {
  const html = assistant('|a|\n|:-:|\n|b|\n\n```x" style="color:red\ny\n```\n\n[a](https://b.c "title") {#id .class}');

  assert.doesNotMatch(html.replaceAll("&quot;", ""), / (?:style|id|on\w+|src)=/);
});

test("nothing of a text is lost where it nests too deep", () => {
  assert.equal(people(`${">".repeat(30)} hello`), null);
  assert.equal(people(`${"- ".repeat(30)} hello`), null);
  assert.match(people(`${">".repeat(15)} hello`), /hello/);
  assert.match(people(`${"*_".repeat(40)}hello${"_*".repeat(40)}`), /hello/);
});

test("pieces of a text make the whole, wherever it was cut", () => {
  const text = "# A\n\nb *c*\nd\n- e\n  - f\n\n    g\n* * *\n1. h\n```js\ni\n\nj\n```\r\n|k|\n|-|\n|l|\n\n> m\nn\n#\n***o\n\np";
  for (let cut = 0; cut <= text.length; cut += 1) {
    const { closed, from } = pieces(text.slice(0, cut), { breaks: false });
    assert.equal(closed + assistant(text.slice(from)), assistant(text), `cut at ${cut}`);
  }
});

test("what is closed is not looked at again while a text grows", () => {
  const text = "word ".repeat(20).concat("\n\n").repeat(500);

  assert.ok(text.length - pieces(text, { breaks: false }).from < 120);
});

test("a text beyond every bound is plain", () => {
  assert.equal(people("a".repeat(LONGEST + 1)), null);
  assert.equal(people(`${"|a".repeat(300)}|\n${"|-".repeat(300)}|\n${"x\n".repeat(5_000)}`), null);
});

const rising = (mark, count) => Array.from({ length: count }, (_, index) => mark.repeat(index + 1)).join(" ");
const ATTACKS = [
  `https://a.example/${")".repeat(50_000)}`,
  `https://a.example/${"(".repeat(50_000)}${").".repeat(50_000)}`,
  `\`\`\`${" ".repeat(100_000)}!`,
  rising("`", 440),
  Array.from({ length: 300 }, (_, index) => `${"  ".repeat(index)}- a`).join("\n"),
  `|a|\n|-|\n${"|a|\n".repeat(25_000)}`,
  `${"[a]: x\n\n".repeat(6_000)}${"[a] ".repeat(12_000)}`,
  ...[
    "a\n\n", "```\n", "`", "[", "![", "](", "[]", "[a](", ">", "> ", "> - ", "*", "_", "*a ", "a**b", "*a_ ", "**a *a ", "~~a ",
    "- ", "- a\n", "- - - a\n", "1. ", "# ", "<", "<a ", "<!--", "<http://a ", "http://", "https://a.b/c ", "mailto:a@", "a@b.",
    "&", "&#x", "\\", "|", "|a", "\t", "a  \n", "a\n", "a\n-\n", "[a]: b\n", "[a](b \"", "😀", "\0",
  ].map((part) => part.repeat(Math.floor(100_000 / part.length))),
];

test("no text takes long, and none is too deep: whoever wrote it wanted just that", () => {
  for (const text of ATTACKS) {
    const before = process.cpuUsage();

    people(text);

    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 3_000_000, `${text.slice(0, 20)} took ${user + system} microseconds`);
  }
});
