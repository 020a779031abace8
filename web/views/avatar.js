/** @import {SenderType} from "../wireside/types.js" */
import { element, icon } from "./dom.js";

const HUES = 8;

/** Roles are told in words, never by colour alone. */
export const ROLES = { human: "", assistant: "Assistant", operator: "Operator", system: "" };

/**
 * @param {{id: string, name: string, type: SenderType}} participant
 * @returns {HTMLElement} decoration: round for people, a square with a flame for assistants, a
 *   shield for operators
 */
export function avatar({ id, name, type }) {
  const hue = type === "assistant" ? "ember" : String(hueOf(id));
  const face = type === "assistant" ? icon("flame") : initials(name);
  return element("span", { class: `avatar avatar-${type} hue-${hue}`, "aria-hidden": "true" }, face);
}

/** @param {string} id */
function hueOf(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

/** @param {string} name */
function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.slice(0, 2).map((word) => Array.from(word)[0] ?? "");
  return letters.join("").toUpperCase() || "?";
}
