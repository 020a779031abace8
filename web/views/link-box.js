import { element } from "./dom.js";
import { failureText } from "./errors.js";

const COPIED_FOR_MS = 2_000;
let count = 0;

/**
 * A button that makes a link, and shows it in its own place.
 *
 * @param {{
 *   lead: string, action: string, make: () => Promise<{label: string, link: string, hint: string}>,
 * }} how
 * @returns {HTMLElement}
 */
export function maker({ lead, action, make }) {
  const problem = element("p", { class: "problem", role: "alert" });
  const button = element("button", { type: "button", onclick: run }, action);
  const node = element("div", { class: "maker" }, element("p", {}, lead), button, problem);

  async function run() {
    button.disabled = true;
    problem.textContent = "";
    try {
      const box = linkBox(await make());
      node.replaceChildren(box);
      box.querySelector("button")?.focus();
    } catch (error) {
      problem.textContent = failureText(error);
    }
    button.disabled = false;
  }

  return node;
}

/**
 * A link to give away, and a button that copies it.
 *
 * @param {{label: string, link: string, hint: string}} what
 * @returns {HTMLElement}
 */
function linkBox({ label, link, hint }) {
  const id = `link-${(count += 1)}`;
  const input = element("input", { id, type: "text", readonly: true, value: link, "aria-describedby": `${id}-hint`, onfocus: () => input.select() });
  const told = element("span", { class: "visually-hidden", role: "status" });
  const button = element("button", { type: "button", onclick: copy }, "Copy");

  async function copy() {
    const isCopied = await copied(input);
    button.textContent = isCopied ? "Copied" : "Press Ctrl+C";
    told.textContent = isCopied ? "The link is copied." : "The link is selected. Copy it with the keyboard.";
    setTimeout(() => (button.textContent = "Copy"), COPIED_FOR_MS);
  }

  return element(
    "div",
    { class: "link-box" },
    element("label", { for: id }, label),
    element("div", { class: "link-line" }, input, button),
    element("p", { id: `${id}-hint`, class: "hint" }, hint),
    told,
  );
}

/**
 * @param {HTMLInputElement} input
 * @returns {Promise<boolean>} not where a page around this one does not let it; what is to be copied is selected then
 */
async function copied(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.focus();
    input.select();
    return false;
  }
}
