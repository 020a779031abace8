import { listens } from "./dom.js";

/** How many siblings further on a node is looked for that a fresh one is like. */
const AHEAD = 8;
/** What is set later, by whoever puts a row into the document or goes to it. */
const KEPT = new Set(["tabindex", "aria-posinset", "aria-setsize"]);

/**
 * Make an element like a fresh one of the same name, and touch only what differs: what somebody has
 * selected or has the focus on stays. Only what listens is always taken from the fresh one, which
 * knows better what to do.
 *
 * @template {Element} Node
 * @param {Node} before
 * @param {Node} fresh left without what it gave away
 * @returns {Node} the one of before
 */
export function graft(before, fresh) {
  for (const name of before.getAttributeNames()) if (!fresh.hasAttribute(name) && !KEPT.has(name)) before.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (before.getAttribute(name) !== value) before.setAttribute(name, value);
  patch(before, before.firstChild, [...fresh.childNodes]);
  return before;
}

/**
 * Make the children of a node, from one on, like fresh ones, and touch only what differs.
 *
 * @param {Node} parent
 * @param {ChildNode | null} from `null` for the end
 * @param {ChildNode[]} fresh
 */
export function patch(parent, from, fresh) {
  let old = from;
  for (const node of fresh) {
    const like = likeIn(old, node);
    if (!like) parent.insertBefore(node, old);
    if (!like) continue;
    drop(old, like);
    become(like, node);
    old = like.nextSibling;
  }
  drop(old, null);
}

/**
 * @param {ChildNode | null} from
 * @param {ChildNode | null} to up to before this one
 */
function drop(from, to) {
  for (let node = from; node && node !== to; ) {
    const next = node.nextSibling;
    node.remove();
    node = next;
  }
}

/**
 * @param {ChildNode | null} from
 * @param {ChildNode} node
 * @returns {ChildNode | null} the next that could become like it
 */
function likeIn(from, node) {
  if (node instanceof Element && listens(node)) return null;
  let old = from;
  for (let count = 0; old && count < AHEAD; count += 1, old = old.nextSibling) if (isLike(old, node)) return old;
  return null;
}

/**
 * @param {ChildNode} old
 * @param {ChildNode} node
 */
function isLike(old, node) {
  if (old instanceof Text || node instanceof Text) return old instanceof Text && node instanceof Text;
  return !(old instanceof Element && listens(old)) && shellOf(old).isEqualNode(shellOf(node));
}

/**
 * @param {ChildNode} node
 * @returns {Node} it without what is in it, and whether somebody has unfolded it
 */
function shellOf(node) {
  const shell = node.cloneNode();
  if (shell instanceof HTMLDetailsElement) shell.open = false;
  return shell;
}

/**
 * @param {ChildNode} old
 * @param {ChildNode} node that it is like
 */
function become(old, node) {
  if (old instanceof Text && node instanceof Text) rewrite(old, node.data);
  else patch(old, old.firstChild, [...node.childNodes]);
}

/**
 * @param {Text} old
 * @param {string} text
 */
function rewrite(old, text) {
  const { data } = old;
  if (data === text) return;
  let same = 0;
  while (same < data.length && data[same] === text[same]) same += 1;
  old.replaceData(same, data.length - same, text.slice(same));
}
