/** @import {Event} from "../wireside/types.js" */
import { element } from "./dom.js";

const LONGEST = 300;

/** Tells a screen reader of whole messages, politely; never of every token. */
export class Announcer {
  node = element("div", { class: "visually-hidden", "aria-live": "polite", "aria-atomic": "false" });

  /**
   * @param {Event[]} events
   * @param {string} userId whose own messages need not be told
   */
  tell(events, userId) {
    const messages = events.filter(({ kind, sender }) => kind === "message" && sender.id !== userId);
    this.node.replaceChildren(...messages.map(({ sender, body }) => {
      return element("p", {}, `${sender.name}: ${body["text"].slice(0, LONGEST)}`);
    }));
  }

  /** @param {string} text */
  say(text) {
    this.node.replaceChildren(element("p", {}, text));
  }
}
