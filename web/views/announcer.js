/** @import {Event} from "../wireside/types.js" */
import { element } from "./dom.js";
import { noticeText } from "./texts.js";

const LONGEST = 300;
const SHOWN_MS = 4_000;
const TOLD = new Set(["message", "taken_over", "released", "ended"]);

/** Tells a screen reader of whole messages and of turns of events, politely; never of every token. */
export class Announcer {
  #told = element("div", { class: "visually-hidden", "aria-live": "polite", "aria-atomic": "false" });
  /** The same for whoever sees, for a while. */
  #toast = element("p", { class: "toast", "aria-hidden": "true", hidden: true });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  node = element("div", { class: "notices low" }, this.#told, this.#toast);

  /**
   * @param {Event[]} events
   * @param {string} userId whose own messages need not be told
   */
  tell(events, userId) {
    const told = events.filter(({ kind, sender }) => TOLD.has(kind) && sender.id !== userId);
    // What comes a second time, or is no news, takes back nothing that may still be being read out.
    if (told.length > 0) this.#told.replaceChildren(...told.map((event) => element("p", {}, textOf(event))));
  }

  /** @param {string} text for everybody, such as that something is done or failed */
  say(text) {
    this.#told.replaceChildren(element("p", {}, text));
    this.#toast.textContent = text;
    this.#toast.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#toast.hidden = true), SHOWN_MS);
  }
}

/** @param {Event} event */
function textOf(event) {
  if (event.kind !== "message") return noticeText(event);
  return `${event.sender.name}: ${event.body["text"].slice(0, LONGEST)}`;
}
