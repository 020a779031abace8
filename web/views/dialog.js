import { element } from "./dom.js";

/**
 * Ask for one line of text in a dialog. The dialog stays open, and says why, while `submit` fails.
 *
 * @param {{
 *   title: string, label: string, hint: string, action: string, value?: string, isOptional?: boolean,
 *   submit: (text: string) => Promise<void>, failureText: (error: unknown) => string,
 * }} how
 */
export function ask({ title, label, hint, action, value = "", isOptional = false, submit, failureText }) {
  const input = element("input", {
    id: "dialog-input", name: "text", type: "text", maxlength: "200", autocomplete: "off", required: !isOptional,
    value, "aria-describedby": "dialog-hint",
  });
  const problem = element("p", { class: "problem", role: "alert" });
  const confirm = element("button", { type: "submit", class: "primary" }, action);
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    element(
      "form",
      { onsubmit: run },
      element("h2", { id: "dialog-title" }, title),
      element("label", { for: "dialog-input" }, label),
      input,
      element("p", { id: "dialog-hint", class: "hint" }, hint),
      problem,
      element(
        "div",
        { class: "actions" },
        element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"),
        confirm,
      ),
    ),
  );

  /** @param {SubmitEvent} event */
  async function run(event) {
    event.preventDefault();
    confirm.disabled = true;
    problem.textContent = "";
    try {
      await submit(input.value.trim());
      dialog.close();
    } catch (error) {
      problem.textContent = failureText(error);
    }
    confirm.disabled = false;
  }

  document.body.append(dialog);
  dialog.showModal();
  input.select();
}
