/** @import {Draft} from "../wireside/drafts.js" */
/** @import {Member} from "../wireside/types.js" */
/** @import {Quote} from "./rows.js" */
import { countCodePoints } from "../wireside/code-points.js";
import { Completion } from "./completion.js";
import { element, icon } from "./dom.js";
import { mentionedIn } from "./mentioning.js";
import { quoteText } from "./texts.js";

const LONGEST = 10_000;
const COUNTED_FROM = 9_000;
const MOST_ROWS = 8;

/**
 * Where a message is written, or one that is there is changed. Enter sends, Shift+Enter begins a
 * new line, Escape leaves a message as it was, or answers none.
 *
 * @typedef {{text: string, mentions: string[], replyTo: number | null}} Written `mentions` are ids, `replyTo` is a seq.
 * @typedef {{
 *   send: (written: Written) => void, change: (seq: number, text: string) => void, stop: () => void,
 *   typing: (isOn: boolean) => void, keep: (draft: Draft) => void, quoted: (seq: number) => Quote,
 * }} ComposerActions `quoted` tells what is known of a message that is answered.
 */
export class Composer {
  #actions;
  /** @type {{seq: number, before: string, draft: string} | null} what is changed, and what waits meanwhile */
  #editing = null;
  /** @type {number | null} the seq of the message that is answered */
  #replyTo = null;
  /** @type {Member[]} */
  #members = [];
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
  #quoted = element("span", { class: "quoted", dir: "auto" });
  #reply = element(
    "div",
    { class: "replying", hidden: true },
    icon("reply"),
    this.#quoted,
    element("button", { type: "button", class: "tool", "aria-label": "Answer no message", title: "Answer no message", onclick: () => this.answer(null) }, icon("close")),
  );
  #completion = new Completion(this.#input, () => this.#changed());
  #over = element("p", { class: "over-line", hidden: true }, "This conversation has ended. Everything in it can still be read.");
  #field = element("div", { class: "field" }, this.#input, this.#count);
  node = element(
    "form",
    { class: "composer", onsubmit: (/** @type {Event} */ event) => this.#submitted(event) },
    this.#over,
    this.#banner,
    this.#reply,
    this.#completion.node,
    this.#field,
    this.#stop,
    this.#button,
    element("p", { id: "composer-hint", class: "visually-hidden" }, "Enter sends, Shift and Enter begin a new line."),
  );

  /**
   * @param {Draft} draft
   * @param {ComposerActions} actions
   */
  constructor({ text, replyTo }, actions) {
    this.#actions = actions;
    this.#replyTo = replyTo;
    this.#input.value = text;
    this.#fit();
  }

  /** @param {{members: Member[], userId: string}} room who may be mentioned, and who needs not */
  know({ members, userId }) {
    this.#members = members.filter(({ id }) => id !== userId);
    this.#completion.know(this.#members);
    this.#showReply();
  }

  /**
   * Answer a message with what is written.
   *
   * @param {number | null} seq `null` to answer none
   */
  answer(seq) {
    if (this.#editing) this.#leave();
    this.#replyTo = seq;
    this.#keep();
    this.#showReply();
    this.focus();
  }

  #showReply() {
    this.#reply.hidden = this.#replyTo === null || this.#editing !== null;
    if (this.#replyTo === null) return;
    const quote = this.#actions.quoted(this.#replyTo);
    const text = `Answering ${quote.name ?? ""}: ${quoteText(quote)}`.replace(" :", ":");
    if (this.#quoted.textContent !== text) this.#quoted.textContent = text;
  }

  #keep() {
    this.#actions.keep({ text: this.#editing?.draft ?? this.#input.value, replyTo: this.#replyTo });
  }

  focus() {
    this.#input.focus();
  }

  /** @param {Draft} draft as another tab has it; what is being changed stays */
  take({ text, replyTo }) {
    this.#replyTo = replyTo;
    if (this.#editing) this.#editing.draft = text;
    else this.#show(text);
  }

  /** @param {Draft} written what could not be sent as it is: it stands before what is being written */
  rewrite({ text, replyTo }) {
    if (this.#editing) this.#leave();
    this.take({ text: [text, this.#input.value].filter((each) => each !== "").join("\n\n"), replyTo });
    this.#keep();
    this.focus();
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
    this.#completion.close();
    this.#showReply();
    this.#fit();
  }

  #changed() {
    this.#fit();
    this.#completion.look();
    if (!this.#editing) this.#keep();
    this.#actions.typing(this.#input.value !== "");
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing || this.#completion.pressed(event)) return;
    if (event.key === "Escape" && this.#editing) return this.#leave();
    if (event.key === "Escape" && this.#replyTo !== null) return this.answer(null);
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
    const replyTo = this.#replyTo;
    this.#replyTo = null;
    this.#show("");
    this.#keep();
    this.#actions.send({ text, mentions: mentionedIn(text, this.#members), replyTo });
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
