/** @import {Conversation, Named} from "../wireside/types.js" */
import { element } from "./dom.js";

/**
 * Who answers here: the operator who has taken over, or else the assistant, to be chosen where there
 * is a choice.
 */
export class AnswererView {
  #choice;
  #choose;
  #operator = element("span", { class: "operator", hidden: true });
  #signature = "";
  node;

  /** @param {(model: string) => void} choose */
  constructor(choose) {
    this.#choice = element("select", { "aria-label": "Who answers", onchange: () => choose(this.#choice.value) });
    this.#choose = element("span", { class: "choice", hidden: true }, this.#choice);
    this.node = element("span", { class: "answerer" }, this.#operator, this.#choose);
  }

  /**
   * @param {Pick<Conversation, "model" | "operator"> | undefined} conversation
   * @param {{models: Named[], userId: string, wanted: string | undefined, isOpen: boolean}} how `wanted` is chosen, and
   *   not stored yet.
   */
  render(conversation, { models, userId, wanted, isOpen }) {
    const operator = conversation?.operator;
    this.#operator.hidden = !operator;
    this.#operator.textContent = operator ? `Operator: ${operator.id === userId ? "You" : operator.name}` : "";
    this.#choose.hidden = Boolean(operator) || models.length < 2 || conversation?.model === undefined;
    this.node.hidden = this.#operator.hidden && this.#choose.hidden;
    this.#choice.disabled = !isOpen;
    this.#offer(models);
    this.#show(answererOf(models, wanted ?? conversation?.model) ?? "");
  }

  /** @param {Named[]} models */
  #offer(models) {
    const signature = JSON.stringify(models);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#choice.replaceChildren(...models.map(({ id, name }) => element("option", { value: id }, name)));
  }

  /** @param {string} model what is set without need closes the list that somebody has opened */
  #show(model) {
    if (this.#choice.value !== model) this.#choice.value = model;
  }
}

/**
 * @param {Named[]} models
 * @param {string | undefined} chosen
 * @returns {string | undefined} who answers in fact: the first one where the chosen one is not there any more
 */
export function answererOf(models, chosen) {
  return (models.find(({ id }) => id === chosen) ?? models[0])?.id;
}
