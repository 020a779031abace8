import { refuse } from "../wireside/errors.js";
import { ask, open } from "./dialog.js";
import { element, icon } from "./dom.js";
import { failureText } from "./errors.js";

const TYPED = "delete";

/**
 * @typedef {{user: {id: string, name: string}, deleteMe: () => Promise<void>}} Account `deleteMe` ends
 *   with being signed out
 */

/** @param {Account} account */
export function openAccount({ user, deleteMe }) {
  const dialog = open({
    title: "Your account",
    children: [
      element("p", {}, "Signed in as ", element("strong", { dir: "auto" }, user.name), user.name === user.id ? "." : ` (${user.id}).`),
      element("div", { class: "deeds" }, element("button", { type: "button", class: "deed-button risky", onclick: begin }, icon("delete"), "Delete my data…")),
    ],
  });

  function begin() {
    ask({
      title: "Delete all your data?",
      label: `Type “${TYPED}” to go on`,
      hint: "You leave every conversation. Those that are yours alone are deleted, and so is what you said in others, and what this browser keeps. It cannot be undone.",
      action: "Delete my data",
      isRisky: true,
      failureText,
      submit: async (text) => {
        if (text.toLowerCase() !== TYPED) refuse("not_typed");
        await deleteMe();
        dialog.close();
      },
    });
  }
}
