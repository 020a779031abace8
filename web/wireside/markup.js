/**
 * The little formatting that messages have, as plain data: paragraphs, code, links. Nothing in it
 * can carry markup of its own; what is not recognised stays text.
 *
 * @typedef {{type: "text", text: string} | {type: "code", text: string} | {type: "link", text: string, href: string}} Span
 * @typedef {{type: "paragraph", spans: Span[]} | {type: "code", text: string, language: string}} Block
 */

/** Linear in a line's length: no two parts of it can match the same blanks. */
const FENCE = /^\s{0,3}```+\s*(?:([\w+#.-]+)\s*)?$/;
const SPAN = /(?<ticks>`+)(?<code>[^`]+)\k<ticks>|(?<url>https?:\/\/[^\s<>"'`“”„«»]+)/giu;
/** @type {[string, string][]} */
const CLOSING = [["(", ")"], ["[", "]"], ["{", "}"]];
const TRAILING = ".,:;!?…'’\"*_";

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parse(text) {
  /** @type {Block[]} */
  const blocks = [];
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  for (let index = 0; index < lines.length; ) {
    const fence = FENCE.exec(lines[index] ?? "");
    const end = fence ? endOfCode(lines, index + 1) : endOfParagraph(lines, index);
    if (fence) blocks.push({ type: "code", text: lines.slice(index + 1, end).join("\n"), language: fence[1] ?? "" });
    else if (end > index) blocks.push({ type: "paragraph", spans: spansOf(lines.slice(index, end).join("\n")) });
    index = fence || end === index ? end + 1 : end;
  }
  return blocks;
}

/**
 * @param {string[]} lines
 * @param {number} from
 * @returns {number} the line of the closing fence; a fence that nobody closed runs to the end
 */
function endOfCode(lines, from) {
  return firstFrom(lines, from, (line) => FENCE.test(line));
}

/**
 * @param {string[]} lines
 * @param {number} from
 * @returns {number} the first line after `from` that is blank or begins code
 */
function endOfParagraph(lines, from) {
  return firstFrom(lines, from, (line) => line.trim() === "" || FENCE.test(line));
}

/**
 * @param {string[]} lines
 * @param {number} from
 * @param {(line: string) => boolean} isIt
 * @returns {number} the first such line from there on; without one, how many there are
 */
function firstFrom(lines, from, isIt) {
  let index = from;
  while (index < lines.length && !isIt(lines[index] ?? "")) index += 1;
  return index;
}

/**
 * @param {string} text
 * @returns {Span[]}
 */
function spansOf(text) {
  /** @type {Span[]} */
  const spans = [];
  let from = 0;
  for (const match of text.matchAll(SPAN)) {
    const span = spanOf(match.groups ?? {});
    if (match.index > from) spans.push({ type: "text", text: text.slice(from, match.index) });
    spans.push(span.found);
    from = match.index + span.length;
  }
  if (from < text.length) spans.push({ type: "text", text: text.slice(from) });
  return spans;
}

/**
 * @param {Record<string, string>} groups
 * @returns {{found: Span, length: number}} `length` in UTF-16 units of the source
 */
function spanOf({ ticks = "", code, url = "" }) {
  if (code !== undefined) return { found: { type: "code", text: code }, length: code.length + 2 * ticks.length };
  const text = withoutTrailing(url);
  return { found: linkOf(text), length: text.length };
}

/**
 * @param {string} url
 * @returns {string} without the punctuation of the sentence around it
 */
function withoutTrailing(url) {
  const unopened = new Map(CLOSING.map(([open, close]) => [close, count(url, close) - count(url, open)]));
  let end = url.length;
  for (let last = url[end - 1] ?? ""; last !== ""; last = url[end - 1] ?? "") {
    const left = unopened.get(last) ?? 0;
    if (left <= 0 && !TRAILING.includes(last)) break;
    unopened.set(last, left - 1);
    end -= 1;
  }
  return url.slice(0, end);
}

/**
 * @param {string} text
 * @param {string} character
 */
function count(text, character) {
  return text.split(character).length - 1;
}

/**
 * @param {string} text
 * @returns {Span}
 */
function linkOf(text) {
  const isAddress = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  return isAddress ? { type: "link", text, href: text } : { type: "text", text };
}
