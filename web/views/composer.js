import { countCodePoints } from "../wireside/code-points.js";
import { element, icon } from "./dom.js";

const LONGEST = 10_000;
const COUNTED_FROM = 9_000;
const MOST_ROWS = 8;

/**
 * Where a message is written, or one that is there is changed. Enter sends, Shift+Enter begins a
 * new line, Escape leaves a message as it was.
 *
 * @typedef {{
 *   send: (text: string) => void, change: (seq: number, text: string) => void, stop: () => void,
 *   typing: () => void, keep: (draft: string) => void,
 * }} ComposerActions
 */
export class Composer {
  #actions;
  /** @type {{seq: number, before: string, draft: string} | null} what is changed, and what waits meanwhile */
  #editing = null;
  #count = element("span", { class: "count", "aria-live": "polite" });
  #input = element("textarea", {
    id: "message", rows: "1", placeholder: "Write a message", "aria-label": "Message", dir: "auto",
    "aria-describedby": "composer-hint", oninput: () => this.#changed(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
  });
  #button = element("button", { type: "submit", class: "primary round", "aria-label": "Send" }, icon("send"));
  #stop = element("button", { type: "button", class: "stop", hidden: true, onclick: () => this.#actions.stop() }, icon("stop"), "Stop");
  #banner = element(
    "div",
    { class: "editing", hidden: true },
    element("span", {}, "Changing your message"),
    element("button", { type: "button", class: "small quiet", onclick: () => this.#leave() }, "Cancel"),
  );
  #over = element("p", { class: "over-line", hidden: true }, "This conversation has ended. Everything in it can still be read.");
  #field = element("div", { class: "field" }, this.#input, this.#count);
  node = element(
    "form",
    { class: "composer", onsubmit: (/** @type {Event} */ event) => this.#submitted(event) },
    this.#over,
    this.#banner,
    this.#field,
    this.#stop,
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

  /** @param {{isOpen: boolean, isOver: boolean}} state whether anything may be written, and whether it never will be */
  allow({ isOpen, isOver }) {
    this.#input.disabled = this.#button.disabled = !isOpen;
    if (isOver && this.#editing) this.#leave();
    this.#over.hidden = !isOver;
    this.#field.hidden = this.#button.hidden = isOver;
  }

  /** @param {"nothing" | "answers" | "stopping"} what can be stopped, or is being */
  offerStop(what) {
    const hadFocus = document.activeElement === this.#stop;
    this.#stop.hidden = what === "nothing";
    this.#stop.disabled = what === "stopping";
    if (hadFocus && what !== "answers") this.focus();
  }

  /**
   * Change a message that is there; the draft waits.
   *
   * @param {number} seq
   * @param {string} text
   */
  edit(seq, text) {
    this.#editing = { seq, before: text, draft: this.#editing?.draft ?? this.#input.value };
    this.#show(text);
    this.focus();
  }

  #leave() {
    const draft = this.#editing?.draft ?? "";
    this.#editing = null;
    this.#show(draft);
    this.focus();
  }

  /** @param {string} text */
  #show(text) {
    this.#banner.hidden = this.#editing === null;
    this.#button.setAttribute("aria-label", this.#editing ? "Save" : "Send");
    this.#input.value = text;
    this.#fit();
  }

  #changed() {
    this.#fit();
    if (!this.#editing) this.#actions.keep(this.#input.value);
    if (this.#input.value) this.#actions.typing();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && this.#editing) return this.#leave();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    const text = this.#input.value;
    if (text.trim() === "") return;
    if (this.#editing) return this.#save(this.#editing, text);
    this.#actions.keep("");
    this.#show("");
    this.#actions.send(text);
    this.focus();
  }

  /**
   * @param {{seq: number, before: string}} message
   * @param {string} text
   */
  #save({ seq, before }, text) {
    this.#leave();
    if (text !== before) this.#actions.change(seq, text);
  }

  #fit() {
    const written = this.#input.value;
    this.#input.rows = Math.min(MOST_ROWS, written.split("\n").length + Math.floor(written.length / 90));
    const count = written.length < COUNTED_FROM ? 0 : countCodePoints(written);
    this.#count.textContent = count < COUNTED_FROM ? "" : `${count.toLocaleString()} / ${LONGEST.toLocaleString()}`;
    this.#count.classList.toggle("over", count > LONGEST);
  }
}
