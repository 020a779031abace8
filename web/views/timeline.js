/** @import {RowActions} from "./row.js" */
/** @import {History, Row} from "./rows.js" */
import { element, icon } from "./dom.js";
import { Heights } from "./heights.js";
import { ShownRows } from "./shown-rows.js";
import { newText } from "./texts.js";
import { isOutside, windowAround } from "./window.js";

const NEAR_END_PX = 80;
const NEAR_TOP_PX = 240;
/** Where what was jumped to is put, as a part of the height. */
const REVEALED_AT = 0.25;

/**
 * The messages. Only those around what is looked at are in the document, with room for the rest
 * above and below. It keeps its place when history comes in above, and follows the end when it is there.
 */
export class Timeline {
  #actions;
  #onTop;
  #onSeen;
  #rows;
  #heights = new Heights();
  /** @type {History | null} */
  #history = null;
  #beginnings = 0;
  /** The places of the items that are in the document: from the first, up to before the second. */
  #window = { from: 0, to: 0 };
  #scroller = element("div", {
    class: "timeline", role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: "0",
    onscroll: () => this.#scrolled(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
  });
  #toEnd = element(
    "button",
    { type: "button", class: "to-end", hidden: true, "aria-label": "Go to the newest message", onclick: () => this.#goToEnd() },
    icon("down"),
  );
  #toNew = element("button", { type: "button", class: "to-new", hidden: true, onclick: () => this.#actions.jumpToNew() });
  #isAtEnd = true;
  node = element("div", { class: "timeline-frame" }, this.#toNew, this.#scroller, this.#toEnd);

  /**
   * @param {RowActions & {loadEarlier: () => void, seen: (seq: number) => void, jumpToNew: () => void}} actions
   */
  constructor({ loadEarlier, seen, ...actions }) {
    this.#actions = actions;
    this.#onTop = loadEarlier;
    this.#onSeen = seen;
    this.#rows = new ShownRows(actions);
    this.#scroller.append(this.#rows.node);
    const resized = new ResizeObserver(() => this.#isAtEnd && this.#goToEnd());
    for (const each of [this.#scroller, this.#rows.node]) resized.observe(each);
  }

  /** Whether the newest message is looked at. */
  get isAtEnd() {
    return this.#isAtEnd;
  }

  /**
   * @param {History} history
   * @param {{newAbove?: number}} [more] how many messages are new that begin above what is loaded
   */
  render(history, { newAbove = 0 } = {}) {
    this.#toNew.hidden = newAbove === 0;
    this.#toNew.textContent = newText(newAbove);
    const anchor = this.#isAtEnd ? null : this.#anchor();
    const isAnew = history !== this.#history || history.beginnings !== this.#beginnings;
    this.#history = history;
    this.#beginnings = history.beginnings;
    this.#heights.fit(history.count, (place) => history.seqAt(place), { isAnew });
    const first = anchor ? history.placeOf(anchor.seq) : history.count;
    if (!anchor || isAnew || isOutside(this.#window, this.#inSight(first), history.count)) {
      this.#window = windowAround(this.#inSight(first), history.count);
    }
    this.#draw(history, anchor);
    if (this.#isAtEnd) this.#goToEnd();
    this.#scrolled();
  }

  /** Follow the end again: the reader wrote something. */
  follow() {
    this.#goToEnd();
  }

  /**
   * Bring an item into sight.
   *
   * @param {number} seq
   * @param {{isPointed: boolean}} how whether the reader is to see which it is, and goes there with the focus
   */
  reveal(seq, { isPointed }) {
    const history = this.#history;
    if (!history) return;
    this.#isAtEnd = false;
    this.#window = windowAround(this.#inSight(history.placeOf(seq)), history.count);
    this.#draw(history, null);
    const node = this.#nodeAt(history, history.placeOf(seq));
    if (!node) return;
    this.#scroller.scrollTop = node.offsetTop - this.#scroller.clientHeight * REVEALED_AT;
    if (isPointed) this.#rows.point(seq, node);
    this.#scrolled();
  }

  /**
   * Have the window in the document, and nothing else.
   *
   * @param {History} history
   * @param {Anchor | null} anchor what stays where it is
   */
  #draw(history, anchor) {
    this.#rows.show(this.#rowsOf(history), history.head);
    const { from, to } = this.#window;
    const { style } = this.#rows.node;
    style.paddingTop = `${this.#heights.before(from)}px`;
    this.#measure(history);
    style.paddingBottom = `${this.#heights.total - this.#heights.before(to)}px`;
    const moved = anchor && this.#rows.of(`seq-${anchor.seq}`);
    if (moved) this.#scroller.scrollTop += moved.offsetTop - anchor.top;
  }

  /**
   * @param {History} history
   * @returns {Row[]}
   */
  #rowsOf(history) {
    const { from, to } = this.#window;
    const rows = from === 0 ? [...history.above] : [];
    for (let at = from; at < to; at += 1) rows.push(...history.rowsAt(at));
    return to === history.count ? [...rows, ...history.below] : rows;
  }

  /**
   * Learn how high the items in the document are: from the top of one to the top of the next.
   *
   * @param {History} history
   */
  #measure(history) {
    const { from, to } = this.#window;
    let above = this.#nodeAt(history, from)?.offsetTop ?? 0;
    for (let at = from; at < to; at += 1) {
      const next = this.#nodeAt(history, at + 1)?.offsetTop ?? above + (this.#nodeAt(history, at)?.offsetHeight ?? 0);
      this.#heights.measure(at, history.seqAt(at), next - above);
      above = next;
    }
  }

  /**
   * @param {History} history
   * @param {number} at the place of an item
   * @returns {HTMLLIElement | undefined} the first node of it, if it is in the document
   */
  #nodeAt(history, at) {
    if (at < this.#window.from || at >= this.#window.to) return undefined;
    return this.#rows.of(history.rowsAt(at)[0]?.key ?? "");
  }

  /** @returns {Anchor | null} the first row in sight */
  #anchor() {
    const { scrollTop } = this.#scroller;
    for (const node of /** @type {Iterable<HTMLElement>} */ (this.#rows.node.querySelectorAll("[data-seq]"))) {
      if (node.offsetTop + node.offsetHeight > scrollTop) return { seq: Number(node.dataset["seq"]), top: node.offsetTop };
    }
    return null;
  }

  /**
   * @param {number} from the place of the first item in sight
   * @returns {{from: number, to: number}} the places of those in sight
   */
  #inSight(from) {
    const to = this.#heights.placeAt(this.#heights.before(from) + this.#scroller.clientHeight) + 1;
    return { from, to: Math.max(from, to) };
  }

  /**
   * The browser would glide to where the end or the beginning were before the rows there came into the document.
   *
   * @param {KeyboardEvent} event
   */
  #pressed(event) {
    const isRow = event.target instanceof HTMLElement && event.target.parentElement === this.#rows.node;
    if (event.altKey || event.shiftKey || event.metaKey || (event.target !== this.#scroller && !isRow)) return;
    if (event.key === "End") this.#goToEnd();
    else if (event.key === "Home") this.#scroller.scrollTop = 0;
    else return;
    event.preventDefault();
  }

  #goToEnd() {
    const history = this.#history;
    this.#isAtEnd = true;
    if (history && this.#window.to < history.count) {
      this.#window = windowAround({ from: history.count, to: history.count }, history.count);
      this.#draw(history, null);
    }
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #scrolled() {
    const history = this.#history;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#toEnd.hidden = this.#isAtEnd;
    if (!history) return;
    // Below what is in the document is only room, as high as is guessed.
    if (this.#isAtEnd && this.#window.to < history.count) return this.#goToEnd();
    const first = this.#heights.placeAt(scrollTop);
    const inSight = this.#inSight(first);
    if (isOutside(this.#window, inSight, history.count)) {
      const anchor = this.#anchor();
      this.#window = windowAround(inSight, history.count);
      this.#draw(history, anchor);
    }
    this.#onSeen(history.messageUpTo(this.#isAtEnd ? history.count - 1 : inSight.to - 2));
    if (scrollTop < NEAR_TOP_PX) this.#onTop();
  }
}

/** @typedef {{seq: number, top: number}} Anchor An event's row, and where it was. */
