/** @import {RowActions} from "./row.js" */
/** @import {Row} from "./rows.js" */
import { element } from "./dom.js";
import { rowNode } from "./row.js";

const POINTED_MS = 2_500;

/**
 * The rows that are in the document. A row that has not changed keeps its node, one that has changes
 * in place: what is selected or has the focus stays.
 */
export class ShownRows {
  #actions;
  /** @type {Map<string, {node: HTMLLIElement, row: Row, signature: string}>} by key */
  #shown = new Map();
  node = element("ol", { class: "rows" });

  /** @param {RowActions} actions */
  constructor(actions) {
    this.#actions = actions;
  }

  /**
   * @param {string} key
   * @returns {HTMLLIElement | undefined}
   */
  of(key) {
    return this.#shown.get(key)?.node;
  }

  /**
   * Have these in the document, and nothing else.
   *
   * @param {Row[]} rows from top to bottom
   * @param {number} head of the log: most of it is not in the document
   */
  show(rows, head) {
    const nodes = rows.map((row) => this.#nodeOf(row));
    this.#drop(new Set(rows.map(({ key }) => key)));
    place(this.node, nodes);
    number(nodes, head);
  }

  /**
   * Let the reader see where a row is, and go there with the focus.
   *
   * @param {number} seq
   * @param {HTMLElement} otherwise what stands for it where it has no row of its own
   */
  point(seq, otherwise) {
    const node = /** @type {HTMLElement} */ (this.node.querySelector(`[data-seq="${seq}"]`) ?? otherwise);
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
    node.classList.add("pointed");
    setTimeout(() => node.classList.remove("pointed"), POINTED_MS);
  }

  /**
   * @param {Row} row
   * @returns {HTMLLIElement} the node of before, where there is one
   */
  #nodeOf(row) {
    const shown = this.#standingFor(row);
    if (shown?.row === row) return shown.node;
    const signature = JSON.stringify(row);
    if (shown?.signature === signature) {
      shown.row = row;
      return shown.node;
    }
    const control = shown ? controlIn(shown.node) : null;
    const node = rowNode(row, this.#actions, shown?.node);
    if (control !== null) refocus(node, control);
    this.#shown.set(row.key, { node, row, signature });
    return node;
  }

  /**
   * @param {Row} row
   * @returns {{node: HTMLLIElement, row: Row, signature: string} | undefined} what is shown of it so far
   */
  #standingFor(row) {
    const shown = this.#shown.get(row.key);
    if (shown || row.type !== "message" || row.was === null) return shown;
    const before = this.#shown.get(row.was);
    this.#shown.delete(row.was);
    return before;
  }

  /** @param {Set<string>} kept */
  #drop(kept) {
    for (const [key, { node }] of this.#shown) {
      if (kept.has(key)) continue;
      // Whoever reads with the keyboard goes on from there.
      if (node.contains(document.activeElement)) logAround(node)?.focus({ preventScroll: true });
      node.remove();
      this.#shown.delete(key);
    }
  }
}

/**
 * @param {HTMLElement} node a row
 * @returns {HTMLElement | null} the messages
 */
function logAround(node) {
  return node.closest("[role=log]");
}

/**
 * Tell how many there are and which of them each is: most of them are not in the document.
 *
 * @param {HTMLElement[]} nodes
 * @param {number} head
 */
function number(nodes, head) {
  for (const node of nodes) {
    const { seq } = node.dataset;
    if (!seq || node.getAttribute("aria-setsize") === String(head)) continue;
    node.setAttribute("aria-posinset", seq);
    node.setAttribute("aria-setsize", String(head));
  }
}

/**
 * @param {HTMLElement} node a row
 * @returns {string | null} the control in it that has the focus, without a name perhaps
 */
function controlIn(node) {
  const focused = document.activeElement;
  return focused !== node && node.contains(focused) ? (focused?.getAttribute("data-control") ?? "") : null;
}

/**
 * Put the focus on the same control again where the row has a new one, or on one beside it, or on the messages.
 *
 * @param {HTMLElement} node a row
 * @param {string} control
 */
function refocus(node, control) {
  if (node.contains(document.activeElement)) return;
  const controls = /** @type {HTMLElement[]} */ ([...node.querySelectorAll("[data-control]")]);
  const same = controls.find((each) => each.dataset["control"] === control) ?? (control ? controls[0] : undefined);
  (same ?? logAround(node))?.focus({ preventScroll: true });
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
