import { element, icon } from "./dom.js";

/** @typedef {(error: unknown) => string} FailureText */

let count = 0;

/**
 * Ask for one line of text in a dialog. The dialog stays open, and says why, while `submit` fails.
 *
 * @param {{
 *   title: string, label: string, hint: string, action: string, value?: string, isOptional?: boolean,
 *   isRisky?: boolean, more?: Node[],
 *   submit: (text: string) => Promise<void>, failureText: FailureText,
 * }} how `more` stands below the question; `isRisky`: what is done cannot be undone
 */
export function ask({ label, hint, value = "", isOptional = false, more = [], submit, ...how }) {
  const input = element("input", {
    id: "dialog-input", name: "text", type: "text", maxlength: "200", autocomplete: "off", required: !isOptional,
    value, "aria-describedby": "dialog-hint",
  });
  const text = element("p", { id: "dialog-hint", class: "hint" }, hint);
  form({ ...how, submit: () => submit(input.value.trim()), more, children: [element("label", { for: "dialog-input" }, label), input, text] });
  input.select();
}

/**
 * Let somebody think twice.
 *
 * @param {{
 *   title: string, text: string, action: string, isRisky?: boolean,
 *   submit: () => Promise<void>, failureText: FailureText,
 * }} how
 */
export function confirm({ text, ...how }) {
  form({ ...how, more: [], children: [element("p", {}, text)] });
}

/**
 * Show something that is closed when it is done with: by its button, Escape, or a press beside it.
 *
 * @param {{title: string, children: Node[], className?: string, onClose?: () => void}} what
 * @returns {HTMLDialogElement} open
 */
export function open({ title, children, className = "", onClose = () => {} }) {
  const titleId = `dialog-title-${(count += 1)}`;
  const heading = element("h2", { id: titleId, dir: "auto", tabindex: "-1", autofocus: true }, title);
  const close = element("button", { type: "button", class: "tool close", "aria-label": "Close", title: "Close", onclick: () => dialog.close() }, icon("close"));
  const dialog = made(titleId, className, onClose, element("header", { class: "dialog-head" }, heading, close), ...children);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  show(dialog);
  return dialog;
}

/**
 * @param {{
 *   title: string, action: string, isRisky?: boolean, children: Node[], more: Node[],
 *   submit: () => Promise<void>, failureText: FailureText,
 * }} how
 */
function form({ title, action, isRisky = false, children, more, submit, failureText }) {
  const problem = element("p", { class: "problem", role: "alert" });
  const submitButton = element("button", { type: "submit", class: isRisky ? "primary risky" : "primary" }, action);
  const cancel = element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel");
  const titleId = `dialog-title-${(count += 1)}`;
  const dialog = made(
    titleId,
    "",
    () => {},
    element(
      "form",
      { onsubmit: run },
      element("h2", { id: titleId }, title),
      ...children,
      problem,
      element("div", { class: "actions" }, cancel, submitButton),
    ),
    ...more,
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

  show(dialog);
}

/**
 * @param {string} titleId
 * @param {string} className
 * @param {() => void} onClose
 * @param {...Node} children
 */
function made(titleId, className, onClose, ...children) {
  const dialog = element("dialog", {
    class: `dialog ${className}`.trim(), "aria-labelledby": titleId, onclose: () => (dialog.remove(), onClose()),
  }, ...children);
  return dialog;
}

/** @param {HTMLDialogElement} dialog whatever had the focus gets it back from the browser, unless it is gone */
function show(dialog) {
  document.body.append(dialog);
  dialog.showModal();
}
