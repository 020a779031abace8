/** @import {RowActions} from "./row.js" */
/** @import {Row} from "./rows.js" */
import { element, icon } from "./dom.js";
import { rowNode } from "./row.js";

const NEAR_END_PX = 80;
const NEAR_TOP_PX = 240;

/** The messages: keeps its place when history comes in above, and follows the end when it is there. */
export class Timeline {
  #actions;
  #onTop;
  /** @type {Map<string, {node: HTMLLIElement, signature: string}>} */
  #shown = new Map();
  #list = element("ol", { class: "rows" });
  #scroller = element("div", {
    class: "timeline", role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: "0",
    onscroll: () => this.#scrolled(),
  }, this.#list);
  #toEnd = element(
    "button",
    { type: "button", class: "to-end", hidden: true, "aria-label": "Go to the newest message", onclick: () => this.#goToEnd() },
    icon("down"),
  );
  #isAtEnd = true;
  node = element("div", { class: "timeline-frame" }, this.#scroller, this.#toEnd);

  /**
   * @param {RowActions & {loadEarlier: () => void}} actions
   */
  constructor({ loadEarlier, ...actions }) {
    this.#actions = actions;
    this.#onTop = loadEarlier;
    new ResizeObserver(() => this.#isAtEnd && this.#goToEnd()).observe(this.#scroller);
  }

  /** @param {Row[]} rows */
  render(rows) {
    const before = this.#firstVisible();
    const nodes = rows.map((row) => this.#nodeOf(row));
    this.#drop(new Set(rows.map(({ key }) => key)));
    place(this.#list, nodes);
    if (this.#isAtEnd) this.#goToEnd();
    else if (before?.node.isConnected) this.#scroller.scrollTop += before.node.offsetTop - before.top;
    this.#scrolled();
  }

  /** Follow the end again: the reader wrote something. */
  follow() {
    this.#goToEnd();
  }

  /**
   * @param {Row} row
   * @returns {HTMLLIElement} the node of before, where nothing has changed
   */
  #nodeOf(row) {
    const signature = JSON.stringify(row);
    const shown = this.#shown.get(row.key);
    if (shown?.signature === signature) return shown.node;
    const node = rowNode(row, this.#actions);
    if (shown?.node.isConnected) replace(shown.node, node);
    this.#shown.set(row.key, { node, signature });
    return node;
  }

  /** @param {Set<string>} kept */
  #drop(kept) {
    for (const [key, { node }] of this.#shown) {
      if (kept.has(key)) continue;
      node.remove();
      this.#shown.delete(key);
    }
  }

  /** @returns {{node: HTMLElement, top: number} | null} */
  #firstVisible() {
    const { scrollTop } = this.#scroller;
    for (const node of /** @type {Iterable<HTMLElement>} */ (this.#list.querySelectorAll("[data-seq]"))) {
      if (node.offsetTop + node.offsetHeight > scrollTop) return { node, top: node.offsetTop };
    }
    return null;
  }

  #goToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#toEnd.hidden = this.#isAtEnd;
    if (scrollTop < NEAR_TOP_PX) this.#onTop();
  }
}

/**
 * Put a node in the place of another, and the focus on the same control in it, or on the messages.
 *
 * @param {HTMLElement} before
 * @param {HTMLElement} node
 */
function replace(before, node) {
  const focused = document.activeElement;
  const control = before.contains(focused) ? focused?.getAttribute("data-control") : null;
  before.replaceWith(node);
  if (!control) return;
  const controls = /** @type {HTMLElement[]} */ ([...node.querySelectorAll("[data-control]")]);
  const same = controls.find((each) => each.dataset["control"] === control) ?? controls[0];
  (same ?? /** @type {HTMLElement | null} */ (node.closest("[role=log]")))?.focus({ preventScroll: true });
}

/**
 * Put nodes in order, touching only those that are out of place.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} nodes
 */
function place(list, nodes) {
  /** @type {ChildNode | null} */
  let next = list.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else list.insertBefore(node, next);
  }
}
