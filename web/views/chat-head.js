/** @import {Conversation, Named} from "../wireside/types.js" */
import { AnswererView } from "./answerer.js";
import { element, icon } from "./dom.js";
import { PeopleView } from "./people.js";
import { titleOf } from "./texts.js";

/** What stands above a conversation: its name, who takes part and who answers, and what leads out of it. */
export class ChatHead {
  #userId;
  #models;
  #title = element("h1", { class: "title", dir: "auto", tabindex: "-1" });
  #people = new PeopleView();
  #answerer;
  #invite;
  #details;
  node;

  /**
   * @param {{userId: string, status: HTMLElement, models: () => Named[], choose: (model: string) => void}} what
   * @param {{back: () => void, invite: () => void, details: () => void}} actions
   */
  constructor({ userId, status, models, choose }, { back, invite, details }) {
    this.#userId = userId;
    this.#models = models;
    this.#answerer = new AnswererView(choose);
    this.#invite = toolButton("invite", "Invite somebody", invite);
    this.#details = toolButton("details", "Conversation details", details);
    this.node = element(
      "header",
      { class: "bar" },
      toolButton("back", "Back to the list", back, "only-narrow"),
      element("div", { class: "heading" }, this.#title, element("div", { class: "below" }, this.#answerer.node, this.#people.node)),
      status,
      this.#invite,
      this.#details,
    );
  }

  focus() {
    this.#title.focus();
  }

  /**
   * @param {Conversation | undefined} conversation
   * @param {{title: string | null, present: ReadonlySet<string>, wanted: string | undefined, isGone: boolean, isOver: boolean}} how
   *   `wanted` is the assistant that was chosen last, while that is under way
   */
  render(conversation, { title, present, wanted, isGone, isOver }) {
    this.#title.textContent = conversation ? titleOf({ ...conversation, title }, this.#userId) : isGone ? "Conversation" : "…";
    this.#people.render(conversation, { userId: this.#userId, present });
    this.#invite.hidden = isOver || isGone;
    this.#details.hidden = isGone;
    this.#answerer.render(conversation, { models: this.#models(), userId: this.#userId, wanted, isOpen: !isGone && !isOver });
  }
}

/**
 * @param {"back" | "invite" | "details"} name
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [extra]
 */
function toolButton(name, label, onclick, extra = "") {
  return element("button", { type: "button", class: `tool ${extra}`, "aria-label": label, title: label, onclick }, icon(name));
}
