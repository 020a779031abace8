import { element, icon } from "./dom.js";

const TAGLINE = "Pull up a chair. Talk with people and assistants, live.";
const INVITED = "Somebody invited you to a conversation. Sign in to join it.";

/**
 * @param {{
 *   kind: "local" | "token", notice: string, isInvited: boolean,
 *   signIn: (text: string) => Promise<void>, failureText: (error: unknown) => string,
 * }} how `signIn` gets a name, or a token where there is nobody to ask for one
 * @returns {HTMLElement}
 */
export function signInView({ kind, notice, isInvited, signIn, failureText }) {
  const problem = element("p", { class: "problem", role: "alert" }, notice);
  const button = element("button", { type: "submit", class: "primary" }, kind === "local" ? "Come in" : "Sign in");
  const input = kind === "local" ? nameInput() : tokenInput();

  /** @param {SubmitEvent} event */
  async function run(event) {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    await signIn(input.value.trim()).catch((error) => {
      problem.textContent = failureText(error);
    });
    button.disabled = false;
  }

  return element(
    "main",
    { class: "sign-in" },
    element(
      "form",
      { class: "hearth", onsubmit: run },
      element("div", { class: "emblem" }, icon("flame")),
      element("h1", {}, "Wireside"),
      element("p", { class: "tagline" }, isInvited ? INVITED : TAGLINE),
      element("label", { for: "who" }, kind === "local" ? "Your name" : "Your token"),
      input,
      problem,
      button,
    ),
  );
}

function nameInput() {
  const properties = { id: "who", type: "text", autocomplete: "nickname", maxlength: "60", required: true, autofocus: true };
  return element("input", { ...properties, placeholder: "For example Ana" });
}

function tokenInput() {
  const properties = { id: "who", rows: "4", autocomplete: "off", spellcheck: "false", required: true, autofocus: true };
  return element("textarea", { ...properties, placeholder: "Paste the token that you were given" });
}
