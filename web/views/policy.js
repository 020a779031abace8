import { element } from "./dom.js";

const POLICIES = [
  { id: "always", label: "Everything", hint: "Assistants answer every message." },
  { id: "mention", label: "When mentioned", hint: "Only who is named with @ answers." },
  { id: "off", label: "Never", hint: "Assistants stay silent." },
];

/** When assistants answer. */
export class PolicyView {
  #set;
  #problem = element("p", { class: "problem", role: "alert" });
  /** @type {HTMLInputElement[]} */
  #inputs = [];
  #stored = "always";
  #isSaving = false;
  node;

  /**
   * @param {(policy: string) => Promise<void>} set
   * @param {(error: unknown) => string} failureText
   */
  constructor(set, failureText) {
    this.#set = set;
    this.failureText = failureText;
    this.node = element("fieldset", { class: "policy" }, element("legend", {}, "Assistants answer"), ...POLICIES.map((each) => this.#choice(each)), this.#problem);
  }

  /** @param {{id: string, label: string, hint: string}} policy */
  #choice({ id, label, hint }) {
    const input = element("input", { type: "radio", name: "policy", value: id, onchange: () => void this.#choose(id) });
    this.#inputs.push(input);
    return element("label", {}, input, element("span", {}, label, element("span", { class: "hint" }, hint)));
  }

  /**
   * @param {string} policy
   * @param {boolean} mayChange
   */
  render(policy, mayChange) {
    this.#stored = policy;
    for (const input of this.#inputs) {
      input.disabled = !mayChange;
      if (!this.#isSaving) input.checked = input.value === policy;
    }
  }

  /** @param {string} policy */
  async #choose(policy) {
    this.#isSaving = true;
    this.#problem.textContent = "";
    try {
      await this.#set(policy);
    } catch (error) {
      this.#problem.textContent = this.failureText(error);
      for (const input of this.#inputs) input.checked = input.value === this.#stored;
    }
    this.#isSaving = false;
  }
}
