import { countCodePoints } from "../wireside/code-points.js";
import { element, icon } from "./dom.js";

const LONGEST = 10_000;
const COUNTED_FROM = 9_000;
const MOST_ROWS = 8;

/**
 * Where a message is written. Enter sends, Shift+Enter begins a new line.
 *
 * @typedef {{send: (text: string) => void, typing: () => void, keep: (draft: string) => void}} ComposerActions
 */
export class Composer {
  #actions;
  #count = element("span", { class: "count", "aria-live": "polite" });
  #input = element("textarea", {
    id: "message", rows: "1", placeholder: "Write a message", "aria-label": "Message", dir: "auto",
    "aria-describedby": "composer-hint", oninput: () => this.#changed(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
  });
  #button = element("button", { type: "submit", class: "primary round", "aria-label": "Send" }, icon("send"));
  node = element(
    "form",
    { class: "composer", onsubmit: (/** @type {Event} */ event) => this.#submitted(event) },
    element("div", { class: "field" }, this.#input, this.#count),
    this.#button,
    element("p", { id: "composer-hint", class: "visually-hidden" }, "Enter sends, Shift and Enter begin a new line."),
  );

  /**
   * @param {string} draft
   * @param {ComposerActions} actions
   */
  constructor(draft, actions) {
    this.#actions = actions;
    this.#input.value = draft;
    this.#fit();
  }

  focus() {
    this.#input.focus();
  }

  /** @param {boolean} isOpen whether anything may be written here */
  allow(isOpen) {
    this.#input.disabled = this.#button.disabled = !isOpen;
  }

  #changed() {
    this.#fit();
    this.#actions.keep(this.#input.value);
    if (this.#input.value) this.#actions.typing();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    const text = this.#input.value;
    if (text.trim() === "") return;
    this.#input.value = "";
    this.#actions.keep("");
    this.#fit();
    this.#actions.send(text);
    this.focus();
  }

  #fit() {
    const written = this.#input.value;
    this.#input.rows = Math.min(MOST_ROWS, written.split("\n").length + Math.floor(written.length / 90));
    const count = written.length < COUNTED_FROM ? 0 : countCodePoints(written);
    this.#count.textContent = count < COUNTED_FROM ? "" : `${count.toLocaleString()} / ${LONGEST.toLocaleString()}`;
    this.#count.classList.toggle("over", count > LONGEST);
  }
}
