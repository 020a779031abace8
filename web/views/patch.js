/**
 * Make the children of a node, from one on, like fresh ones, and touch only what differs: what
 * somebody has selected or has the focus on stays.
 *
 * @param {Node} parent
 * @param {ChildNode | null} from `null` for the end
 * @param {ChildNode[]} fresh
 */
export function patch(parent, from, fresh) {
  let old = from;
  for (const node of fresh) {
    const next = old?.nextSibling ?? null;
    if (!old) parent.appendChild(node);
    else if (!become(old, node)) old.replaceWith(node);
    old = next;
  }
  while (old) {
    const next = old.nextSibling;
    old.remove();
    old = next;
  }
}

/**
 * @param {ChildNode} old
 * @param {ChildNode} node
 * @returns {boolean} whether the old one could be made like the other
 */
function become(old, node) {
  if (old instanceof Text && node instanceof Text) return rewrite(old, node.data);
  if (!old.cloneNode().isEqualNode(node.cloneNode())) return false;
  patch(old, old.firstChild, [...node.childNodes]);
  return true;
}

/**
 * @param {Text} old
 * @param {string} text
 */
function rewrite(old, text) {
  if (text.startsWith(old.data)) old.appendData(text.slice(old.data.length));
  else old.data = text;
  return true;
}
