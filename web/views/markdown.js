/** @import {Token} from "../vendor/markdown-it.js" */
import MarkdownIt from "../vendor/markdown-it.js";

/**
 * Markdown as HTML, without anything that a text could bring along: what looks like HTML is text,
 * links lead to the web or to a mailbox, pictures are links.
 *
 * @typedef {{breaks: boolean}} Style whether a line's end is a line's end, as people mean it
 */

/** What is longer than this is not looked at for marks, in UTF-16 units. */
export const LONGEST = 100_000;
/** A short text can become as much: a table of many columns and still more empty rows, say. */
const MOST_TOKENS = 60_000;
/** The library loses what is nested deeper. */
const DEEPEST = 20;
const LINK = /^(?:https?:\/\/|mailto:)/i;
const NAME = /&([a-z][a-z\d]{1,31});/iy;
/** The names that also stand in addresses and around what looks like HTML. */
const NAMED = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", '"'], ["apos", "'"]]);
const TASK = /^\[([ xX])\](?=\s)/;
const BLOCKS = new Set(["p", "ul", "ol", "li", "blockquote", "th", "td", "h2", "h3", "h4", "h5", "h6"]);

const forPeople = parser({ breaks: true }).disable(["lheading"]);
const forAssistants = parser({ breaks: false });

/**
 * @param {string} text
 * @param {Style} style
 * @returns {string | null} `null` for a text that is too long or nests too deep to be looked at
 */
export function htmlOf(text, style) {
  const found = pieces(text, style);
  return found && found.closed + found.open;
}

/**
 * Parse a text that may go on: what is closed stays so, whatever follows.
 *
 * @param {string} text
 * @param {Style} style
 * @returns {{closed: string, open: string, from: number} | null} HTML, and where the open part
 *   begins, in UTF-16 units; `null` as above
 */
export function pieces(text, { breaks }) {
  if (text.length > LONGEST) return null;
  const library = breaks ? forPeople : forAssistants;
  const env = {};
  const tokens = library.parse(text, env);
  if (tokens.length > MOST_TOKENS || tokens.some(({ level }) => level >= DEEPEST - 1)) return null;
  const { index, line } = lastBlock(tokens, text);
  const html = (/** @type {Token[]} */ some) => library.renderer.render(some, library.options, env);
  return { closed: html(tokens.slice(0, index)), open: html(tokens.slice(index)), from: startOf(line, text) };
}

/**
 * @param {Token[]} tokens
 * @param {string} text
 * @returns {{index: number, line: number}} the block that the end of the text may still change: the
 *   last one, or the one before where the last one's first line is not complete
 */
function lastBlock(tokens, text) {
  const lines = text.split(/\r\n?|\n/).length;
  const starts = tokens.flatMap(({ level, nesting, map }, index) => (level === 0 && nesting >= 0 && map ? [{ index, line: map[0] }] : []));
  const isComplete = (starts.at(-1)?.line ?? 0) < lines - 1;
  return starts.at(isComplete ? -1 : -2) ?? { index: 0, line: 0 };
}

/**
 * @param {number} line
 * @param {string} text
 * @returns {number} where the line begins, in UTF-16 units
 */
function startOf(line, text) {
  const ends = text.matchAll(/\r\n?|\n/g);
  let start = 0;
  for (let index = 0; index < line; index += 1) {
    const end = ends.next().value;
    if (end) start = end.index + end[0].length;
  }
  return start;
}

/** @param {Style} style */
function parser({ breaks }) {
  const made = new MarkdownIt({ html: false, linkify: true, breaks, maxNesting: DEEPEST });
  made.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  for (const schema of ["ftp:", "//"]) made.linkify.add(schema, null);
  made.validateLink = (url) => LINK.test(url);
  const { normalizeLink } = made;
  made.normalizeLink = (url) => normalizeLink(url.replaceAll("&amp;", "&"));
  made.core.ruler.push("wireside", ({ tokens }) => tokens.forEach((token, index) => adapt(token, tokens, index)));
  made.inline.ruler.after("entity", "name", name);
  made.renderer.rules["name"] = (tokens, index) => tokens[index]?.content ?? "";
  made.renderer.rules["hardbreak"] = () => "<br>";
  if (breaks) made.renderer.rules["softbreak"] = made.renderer.rules["hardbreak"];
  withoutPictures(made);
  return made;
}

/**
 * The name of a character, such as `&copy;`: in HTML it stands for the same, and browsers know them all. The
 * library's own table of them is left out.
 *
 * @param {import("../vendor/markdown-it.js").InlineState} state changed
 * @param {boolean} isSilent whether only its end is looked for
 * @returns {boolean} whether there is one
 */
function name(state, isSilent) {
  NAME.lastIndex = state.pos;
  const [found, word = ""] = NAME.exec(state.src) ?? [];
  if (!found) return false;
  const known = NAMED.get(word);
  if (!isSilent) state.push(known ? "text_special" : "name", "", 0).content = known ?? found;
  state.pos += found.length;
  return true;
}

/**
 * @param {Token} token changed: headings stand below the page's own, blocks find their direction
 *   by themselves, columns are aligned by class, tasks have boxes
 * @param {Token[]} tokens
 * @param {number} index
 */
function adapt(token, tokens, index) {
  if (token.type.startsWith("heading")) token.tag = `h${Math.min(Number(token.tag[1]) + 1, 6)}`;
  const align = /^text-align:(\w+)$/.exec(token.attrGet("style") ?? "")?.[1];
  if (align) token.attrs = [["class", `align-${align}`]];
  if (token.nesting === 1 && BLOCKS.has(token.tag)) token.attrSet("dir", "auto");
  const [item, text] = [tokens[index - 2], token.children?.[0]];
  if (item?.type === "list_item_open" && text && TASK.test(text.content)) tick(item, text);
}

/**
 * @param {Token} item changed
 * @param {Token} text changed
 */
function tick(item, text) {
  item.attrSet("class", "task");
  text.content = text.content.replace(TASK, (_, mark) => (mark === " " ? "☐" : "☑"));
}

/** @param {MarkdownIt} library changed: a picture is a link, and just its words inside of one */
function withoutPictures({ renderer, utils }) {
  const { rules } = renderer;
  rules["link_open"] = (tokens, index, options, env, self) => ((env.links = (env.links ?? 0) + 1), self.renderToken(tokens, index, options));
  rules["link_close"] = (tokens, index, options, env, self) => ((env.links = (env.links ?? 1) - 1), self.renderToken(tokens, index, options));
  rules["image"] = (tokens, index, _options, env) => {
    const address = tokens[index]?.attrGet("src") ?? "";
    const words = utils.escapeHtml(wordsOf(tokens[index]) || address);
    return env.links ? words : `<a href="${utils.escapeHtml(address)}">${words}</a>`;
  };
}

/**
 * @param {Token | undefined} token
 * @returns {string} its text without any marks
 */
function wordsOf(token) {
  return token?.children?.map((child) => (child.children ? wordsOf(child) : child.content)).join("") ?? "";
}
