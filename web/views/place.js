import { element, icon } from "./dom.js";

/**
 * Something to say where a conversation would stand.
 *
 * @param {{lead: string, text: string, isBusy?: boolean, actions?: Node[]}} what
 * @returns {HTMLElement}
 */
export function placeNode({ lead, text, isBusy = false, actions = [] }) {
  const heading = element("h1", { tabindex: "-1" }, lead);
  return element(
    "main",
    { class: "welcome", ...(isBusy && { "aria-busy": "true" }) },
    element("div", { class: "emblem" }, icon("flame")),
    heading,
    element("p", { role: "status" }, text),
    ...actions,
  );
}
