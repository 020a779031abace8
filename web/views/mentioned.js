import { element } from "./dom.js";
import { callOf } from "./mentioning.js";

/** Where an `@` is no mention. */
const LITERAL = "code, pre, a";

/**
 * @param {HTMLElement} prose text as it is shown
 * @param {{id: string, name: string}[]} mentions who is meant
 * @param {string} userId whose own name stands out most
 * @returns {HTMLElement} the same, with their names set off
 */
export function emphasise(prose, mentions, userId) {
  for (const { id, name } of mentions) {
    const call = callOf(name);
    if (call) for (const text of textsIn(prose)) setOff(text, call, id === userId ? "mention me" : "mention");
  }
  return prose;
}

/**
 * @param {HTMLElement} prose
 * @returns {Text[]}
 */
function textsIn(prose) {
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node; (node = walker.nextNode()); ) if (!node.parentElement?.closest(`.mention, ${LITERAL}`)) texts.push(node);
  return /** @type {Text[]} */ (texts);
}

/**
 * @param {Text} text
 * @param {RegExp} call
 * @param {string} kind
 */
function setOff(text, call, kind) {
  // From the last to the first: what is before stays where it is.
  for (const { index, 0: called } of [...text.data.matchAll(call)].reverse()) {
    const found = text.splitText(index);
    found.splitText(called.length);
    const mention = element("span", { class: kind });
    found.replaceWith(mention);
    mention.append(found);
  }
}
