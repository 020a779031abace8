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
  show({
    title,
    action,
    failureText,
    submit: () => submit(input.value.trim()),
    children: [element("label", { for: "dialog-input" }, label), input, element("p", { id: "dialog-hint", class: "hint" }, hint)],
  });
  input.select();
}

/**
 * Let somebody think twice.
 *
 * @param {{
 *   title: string, text: string, action: string,
 *   submit: () => Promise<void>, failureText: (error: unknown) => string,
 * }} how
 */
export function confirm({ text, ...how }) {
  show({ ...how, children: [element("p", {}, text)] });
}

/**
 * @param {{
 *   title: string, action: string, children: Node[],
 *   submit: () => Promise<void>, failureText: (error: unknown) => string,
 * }} how
 */
function show({ title, action, children, submit, failureText }) {
  const problem = element("p", { class: "problem", role: "alert" });
  const submitButton = element("button", { type: "submit", class: "primary" }, action);
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    element(
      "form",
      { onsubmit: run },
      element("h2", { id: "dialog-title" }, title),
      ...children,
      problem,
      element(
        "div",
        { class: "actions" },
        element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"),
        submitButton,
      ),
    ),
  );

  /** @param {SubmitEvent} event */
  async function run(event) {
    event.preventDefault();
    submitButton.disabled = true;
    problem.textContent = "";
    try {
      await submit();
      dialog.close();
    } catch (error) {
      problem.textContent = failureText(error);
    }
    submitButton.disabled = false;
  }

  document.body.append(dialog);
  dialog.showModal();
}
