/** @typedef {{node: Node, offset: number}} Point */

/**
 * Change a text that somebody may have selected some of. Where the change takes the nodes from under
 * the selection, and the same words are still there, they are selected again.
 *
 * @param {Element} text
 * @param {() => void} change
 */
export function keepSelection(text, change) {
  const selection = getSelection();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {};
  if (!selection || selection.isCollapsed || !anchorNode || !focusNode || !text.contains(anchorNode) || !text.contains(focusNode)) {
    return change();
  }
  const selected = wordsOf(selection);
  const from = lengthUpTo(text, { node: anchorNode, offset: anchorOffset ?? 0 });
  const to = lengthUpTo(text, { node: focusNode, offset: focusOffset ?? 0 });
  change();
  if (wordsOf(selection).startsWith(selected)) return;
  const [anchor, focus] = [pointAt(text, from), pointAt(text, to)];
  selection.setBaseAndExtent(anchor.node, anchor.offset, focus.node, focus.offset);
  if (wordsOf(selection) !== selected) selection.removeAllRanges();
}

/**
 * @param {Selection} selection
 * @returns {string} what is selected, as it is written: how it is laid out does not count
 */
function wordsOf(selection) {
  return selection.rangeCount > 0 ? selection.getRangeAt(0).toString() : "";
}

/**
 * @param {Element} text
 * @param {Point} point in it
 * @returns {number} how much of the text is before, in UTF-16 units
 */
function lengthUpTo(text, { node, offset }) {
  const range = document.createRange();
  range.selectNodeContents(text);
  range.setEnd(node, offset);
  return range.toString().length;
}

/**
 * @param {Element} text
 * @param {number} length
 * @returns {Point} where so much of the text is before
 */
function pointAt(text, length) {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let rest = length;
  for (let node; (node = /** @type {Text | null} */ (walker.nextNode())); rest -= node.length) {
    if (rest <= node.length) return { node, offset: rest };
  }
  return { node: text, offset: text.childNodes.length };
}
