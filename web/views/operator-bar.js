/** @import {Conversation} from "../wireside/types.js" */
import { element } from "./dom.js";
import { isOperator, permitsOf } from "./permits.js";
import { failureText } from "./texts.js";

/** Who answers here, for those who may take a conversation over; others do not see it. */
export class OperatorBar {
  #operate;
  #text = element("span", {});
  #problem = element("p", { class: "problem", role: "alert" });
  #button = element("button", { type: "button", class: "small", onclick: () => void this.#run() }, "Take over");
  /** @type {"takeover" | "release"} */
  #deed = "takeover";
  node = element("section", { class: "operator-bar", "aria-label": "For operators", hidden: true }, this.#text, this.#button, this.#problem);

  /** @param {(deed: "takeover" | "release") => Promise<void>} operate */
  constructor(operate) {
    this.#operate = operate;
  }

  /**
   * @param {Conversation | undefined} conversation nothing where it is unknown, or hidden from the reader
   * @param {{id: string, roles: string[]}} user
   */
  render(conversation, user) {
    this.node.hidden = !isOperator(user.roles) || conversation?.ended_at !== undefined;
    if (this.node.hidden) return;
    const permits = conversation ? permitsOf(conversation, user) : null;
    this.#text.textContent = conversation ? stateText(conversation, user.id) : "You are not part of this conversation.";
    this.#deed = permits?.release ? "release" : "takeover";
    this.#button.textContent = permits?.release ? "Hand back" : "Take over";
    this.#button.hidden = permits !== null && !permits.release && !permits.takeOver;
  }

  async #run() {
    this.#button.disabled = true;
    this.#problem.textContent = "";
    await this.#operate(this.#deed).catch((error) => (this.#problem.textContent = failureText(error)));
    this.#button.disabled = false;
  }
}

/**
 * @param {Conversation} conversation
 * @param {string} userId
 */
function stateText({ operator, help }, userId) {
  if (operator) return operator.id === userId ? "You have this conversation. Assistants stay silent." : `${operator.name} has this conversation.`;
  return help ? "Somebody asked for help here." : "Assistants answer here.";
}
