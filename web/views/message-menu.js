/** @import {MessageRow} from "./rows.js" */
import { element } from "./dom.js";
import { MENU } from "./message.js";
import { fullTime } from "./times.js";

const EMOJI = ["👍", "❤️", "😂", "🎉", "🔥", "👀"];
const MARGIN_PX = 8;

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether that was allowed
 */
async function copy(text) {
  return navigator.clipboard.writeText(text).then(() => true, () => false);
}

/**
 * @typedef {{
 *   reply: (seq: number) => void, react: (seq: number, emoji: string, on: boolean) => void, edit: (seq: number, text: string) => void,
 *   remove: (seq: number) => void, regenerate: (seq: number) => void, say: (text: string) => void,
 * }} MenuActions
 */

/**
 * What can be done to a message, beside the button that asked for it. The browser opens and closes
 * it, and gives the focus back.
 */
export class MessageMenu {
  #actions;
  /** @type {HTMLElement | null} */
  #anchor = null;
  node = element("div", {
    id: MENU, class: "menu", popover: "auto", role: "dialog", "aria-label": "Message", ontoggle: () => this.#place(),
  });

  /** @param {MenuActions} actions */
  constructor(actions) {
    this.#actions = actions;
  }

  /**
   * Have everything ready for when the browser opens it.
   *
   * @param {MessageRow} row
   * @param {HTMLElement} anchor
   */
  prepare({ message: { seq, at, text, reactions }, rights, userId }, anchor) {
    const actions = this.#actions;
    this.#anchor = anchor;
    this.node.classList.remove("placed");
    const faces = EMOJI.map((emoji) => {
      const isOn = reactions[emoji]?.includes(userId) ?? false;
      return this.#button(`${isOn ? "Take back" : "React with"} ${emoji}`, () => actions.react(seq, emoji, !isOn), emoji, isOn);
    });
    const copyText = () => void copy(text).then((isDone) => actions.say(isDone ? "Copied." : "It could not be copied."));
    /** @type {[boolean, string, () => void][]} */
    const deeds = [
      [rights.react, "Reply", () => actions.reply(seq)],
      [rights.edit, "Edit", () => actions.edit(seq, text)],
      [text !== "", "Copy text", copyText],
      [rights.regenerate, "Ask for another answer", () => actions.regenerate(seq)],
      [rights.delete, "Delete…", () => actions.remove(seq)],
    ];
    const allowed = deeds.filter(([isAllowed]) => isAllowed);
    this.node.replaceChildren(
      ...(rights.react ? [element("div", { class: "faces", role: "group", "aria-label": "React" }, ...faces)] : []),
      ...allowed.map(([, label, act]) => this.#button(label, act)),
      element("p", { class: "sent-at" }, element("time", { datetime: at }, fullTime(at))),
    );
    this.node.querySelector("button")?.setAttribute("autofocus", "");
  }

  /**
   * @param {string} label
   * @param {() => void} act
   * @param {string} [face] shown in place of the label
   * @param {boolean} [isPressed]
   */
  #button(label, act, face, isPressed) {
    const onclick = () => {
      this.node.hidePopover();
      act();
    };
    const state = face === undefined ? {} : { "aria-label": label, "aria-pressed": String(isPressed), title: label };
    return element("button", { type: "button", class: face ? "face" : "deed", onclick, ...state }, face ?? label);
  }

  /** Below its button, or above where there is no room; never beyond the edge of the page. */
  #place() {
    if (!this.#anchor?.isConnected || !this.node.matches(":popover-open")) return;
    const button = this.#anchor.getBoundingClientRect();
    const { width, height } = this.node.getBoundingClientRect();
    const left = Math.max(MARGIN_PX, Math.min(button.right - width, innerWidth - width - MARGIN_PX));
    const below = button.bottom + MARGIN_PX / 2;
    const top = below + height < innerHeight - MARGIN_PX ? below : Math.max(MARGIN_PX, button.top - height - MARGIN_PX / 2);
    this.node.style.left = `${left}px`;
    this.node.style.top = `${top}px`;
    this.node.classList.add("placed");
  }
}
