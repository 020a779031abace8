/** @import {Block, Span} from "../wireside/markup.js" */
import { parse } from "../wireside/markup.js";
import { element } from "./dom.js";

/**
 * Message text as nodes: paragraphs, code, links to the web. Whatever else it holds stays text.
 *
 * @param {string} text
 * @returns {HTMLElement}
 */
export function prose(text) {
  return element("div", { class: "prose", dir: "auto" }, ...parse(text).map(blockNode));
}

/**
 * @param {Block} block
 * @returns {HTMLElement}
 */
function blockNode(block) {
  if (block.type === "paragraph") return element("p", { dir: "auto" }, ...block.spans.map(spanNode));
  const label = block.language ? `Code, ${block.language}` : "Code";
  return element("pre", { tabindex: "0", role: "region", "aria-label": label, dir: "ltr" }, element("code", {}, block.text));
}

/**
 * @param {Span} span
 * @returns {Node}
 */
function spanNode(span) {
  if (span.type === "text") return document.createTextNode(span.text);
  if (span.type === "code") return element("code", {}, span.text);
  return element("a", { href: span.href, rel: "noopener noreferrer", target: "_blank" }, span.text);
}
