/** @import {Member} from "../wireside/types.js" */
import { avatar, ROLES } from "./avatar.js";
import { element } from "./dom.js";
import { namedAt, offered } from "./mentioning.js";

const LIST = "mention-list";

/**
 * Offers members while somebody is named with an `@`. The text keeps the focus; the list is told of by
 * `aria-activedescendant`. A field of several lines can be no `combobox`, so it has no `aria-expanded` either.
 */
export class Completion {
  #input;
  #insert;
  /** @type {Member[]} */
  #members = [];
  /** @type {Member[]} */
  #offered = [];
  #active = 0;
  /** Where the `@` stands whose list was sent away. */
  #dismissed = -1;
  #list = element("ul", { id: LIST, class: "mention-list", role: "listbox", "aria-label": "People to mention", hidden: true });
  #told = element("p", { class: "visually-hidden", "aria-live": "polite" });
  node = element("div", { class: "completion" }, this.#list, this.#told);

  /**
   * @param {HTMLTextAreaElement} input
   * @param {() => void} changed what to do once a name is in the text
   */
  constructor(input, changed) {
    this.#input = input;
    this.#insert = changed;
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", LIST);
    input.setAttribute("aria-haspopup", "listbox");
    input.addEventListener("blur", () => this.close());
    input.addEventListener("click", () => this.look());
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /** @param {Member[]} members who may be mentioned */
  know(members) {
    this.#members = members;
  }

  /** Offer whoever may be meant by what is before the caret. */
  look() {
    const named = this.#named();
    if (named?.from !== this.#dismissed) this.#dismissed = -1;
    const isWanted = named !== null && this.#dismissed < 0;
    this.#offered = isWanted ? offered(this.#members, named.word) : [];
    this.#show(0);
  }

  close() {
    this.#offered = [];
    this.#show(0);
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the list has taken it
   */
  pressed(event) {
    if (!this.isOpen) return false;
    const count = this.#offered.length;
    if (event.key === "ArrowDown") this.#show((this.#active + 1) % count);
    else if (event.key === "ArrowUp") this.#show((this.#active + count - 1) % count);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this.#choose(this.#active);
    else if (event.key === "Escape") this.#dismiss();
    else return false;
    event.preventDefault();
    return true;
  }

  #named() {
    const { value, selectionStart, selectionEnd } = this.#input;
    return selectionStart === selectionEnd ? namedAt(value, selectionStart) : null;
  }

  #dismiss() {
    this.#dismissed = this.#named()?.from ?? -1;
    this.close();
  }

  /** @param {number} index */
  #choose(index) {
    const named = this.#named();
    const member = this.#offered[index];
    this.close();
    if (!named || !member) return;
    this.#input.setRangeText(`@${member.name} `, named.from, this.#input.selectionStart, "end");
    this.#insert();
  }

  /** @param {number} active */
  #show(active) {
    const wasOpen = this.isOpen;
    this.#active = active;
    this.#list.hidden = this.#offered.length === 0;
    this.#list.replaceChildren(...this.#offered.map((member, index) => this.#option(member, index)));
    if (this.isOpen) this.#input.setAttribute("aria-activedescendant", optionId(active));
    else this.#input.removeAttribute("aria-activedescendant");
    if (this.isOpen !== wasOpen) this.#told.textContent = this.isOpen ? "Choose whom to mention with the arrow keys and Enter." : "";
    this.#list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {Member} member
   * @param {number} index
   */
  #option(member, index) {
    return element(
      "li",
      {
        id: optionId(index), role: "option", "aria-selected": String(index === this.#active),
        // The text keeps the focus.
        onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
        onclick: () => this.#choose(index),
      },
      avatar(member),
      element("span", { class: "name", dir: "auto" }, member.name),
      ROLES[member.type] ? element("span", { class: "role" }, ROLES[member.type]) : null,
    );
  }
}

/** @param {number} index */
function optionId(index) {
  return `${LIST}-${index}`;
}
