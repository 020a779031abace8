/** @import {Style} from "./markdown.js" */
import { clean } from "./clean.js";
import { box, highlight, onCopy } from "./code.js";
import { element } from "./dom.js";
import { htmlOf, pieces } from "./markdown.js";
import { patch } from "./patch.js";
import { keepSelection } from "./selection.js";

/** Of the time that passes while a text grows, at most a fifth goes into showing it. */
const REST = 4;

/**
 * What somebody wrote in Markdown, as nodes. Whatever it holds, nothing runs and nothing is loaded.
 *
 * @param {string} text
 * @param {Style} style
 * @returns {HTMLElement}
 */
export function prose(text, style) {
  const html = htmlOf(text, style);
  const node = frame(html === null ? plain(text) : dressed(html, 0));
  for (const pre of node.querySelectorAll("pre")) highlight(pre);
  return node;
}

/** A text that is being written: what is closed is shown once, only the block at its end anew. */
export class GrowingProse {
  #style;
  #text = "";
  #shown = "";
  /** Where in the text the block begins that may still change, in UTF-16 units. */
  #from = 0;
  /** @type {ChildNode | null} the last node of what is before that */
  #closed = null;
  /** How many pieces of code are before that. */
  #codes = 0;
  #restsUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  node = frame(document.createDocumentFragment());

  /** @param {Style} style */
  constructor(style) {
    this.#style = style;
  }

  /** @param {string} text all of it; where it does not go on from before, it begins anew */
  show(text) {
    this.#text = text;
    const rest = this.#restsUntil - performance.now();
    if (rest <= 0) this.#render();
    else this.#timer ??= setTimeout(() => this.#render(), rest);
  }

  /** Leave what is shown as it is, to whoever goes on with it. */
  end() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #render() {
    this.end();
    const began = performance.now();
    if (!this.#text.startsWith(this.#shown)) this.#beginAnew();
    this.#shown = this.#text;
    this.#showFrom(this.#text.slice(this.#from));
    const now = performance.now();
    this.#restsUntil = now + REST * (now - began);
  }

  #beginAnew() {
    this.#from = this.#codes = 0;
    this.#closed = null;
  }

  /** @param {string} tail */
  #showFrom(tail) {
    const found = pieces(tail, this.#style);
    const closed = dressed(found?.closed ?? "", this.#codes);
    const codes = this.#codes + closed.querySelectorAll("pre").length;
    const open = found ? dressed(found.open, codes) : plain(tail);
    const count = closed.childNodes.length;
    keepSelection(this.node, () => patch(this.node, this.#firstOpen, [...closed.childNodes, ...open.childNodes]));
    for (let index = 0; index < count; index += 1) this.#close(this.#firstOpen);
    this.#codes = codes;
    this.#from += found?.from ?? 0;
  }

  get #firstOpen() {
    return this.#closed ? this.#closed.nextSibling : this.node.firstChild;
  }

  /** @param {ChildNode | null} node that nothing will change any more */
  #close(node) {
    this.#closed = node;
    if (node instanceof Element) for (const pre of node.querySelectorAll("pre")) highlight(pre);
  }
}

/** @param {Node} content */
function frame(content) {
  const node = element("div", { class: "prose", dir: "auto" });
  // Not as what listens: it is the same for every text, which may become another one.
  node.addEventListener("click", (event) => void onCopy(event));
  node.append(content);
  return node;
}

/** @param {string} text */
function plain(text) {
  const content = document.createDocumentFragment();
  content.append(element("p", { class: "plain", dir: "auto" }, text));
  return content;
}

/**
 * @param {string} html
 * @param {number} codes how many pieces of code the text had before this
 * @returns {DocumentFragment} clean, and with what belongs around code, tables and links
 */
function dressed(html, codes) {
  const content = clean(html);
  for (const node of [...content.childNodes]) if (node instanceof Text) node.remove();
  for (const link of content.querySelectorAll("a")) Object.assign(link, { rel: "noopener noreferrer", target: "_blank" });
  content.querySelectorAll("table").forEach(wrapTable);
  content.querySelectorAll("pre").forEach((pre, index) => box(pre, codes + index));
  return content;
}

/** @param {HTMLTableElement} table changed: it has a box of its own to scroll in */
function wrapTable(table) {
  const around = element("div", { class: "table", role: "region", "aria-label": "Table", tabindex: "0" });
  table.replaceWith(around);
  around.append(table);
}
