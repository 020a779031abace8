/** @import {Event} from "../wireside/types.js" */
import { element } from "./dom.js";
import { noticeText } from "./texts.js";

const LONGEST = 300;
const TOLD = new Set(["message", "taken_over", "released", "ended"]);

/** Tells a screen reader of whole messages and of turns of events, politely; never of every token. */
export class Announcer {
  node = element("div", { class: "visually-hidden", "aria-live": "polite", "aria-atomic": "false" });

  /**
   * @param {Event[]} events
   * @param {string} userId whose own messages need not be told
   */
  tell(events, userId) {
    const told = events.filter(({ kind, sender }) => TOLD.has(kind) && sender.id !== userId);
    this.node.replaceChildren(...told.map((event) => element("p", {}, textOf(event))));
  }

  /** @param {string} text */
  say(text) {
    this.node.replaceChildren(element("p", {}, text));
  }
}

/** @param {Event} event */
function textOf(event) {
  if (event.kind !== "message") return noticeText(event);
  return `${event.sender.name}: ${event.body["text"].slice(0, LONGEST)}`;
}
