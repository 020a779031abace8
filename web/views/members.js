/** @import {Conversation, Member} from "../wireside/types.js" */
import { avatar, ROLES } from "./avatar.js";
import { element, icon } from "./dom.js";

const OWNER = "Owner";

/** Who takes part in a conversation. */
export class MembersView {
  #userId;
  #remove;
  #signature = "";
  #heading = element("h3", { id: "members-heading", tabindex: "-1" });
  #list = element("ul", { class: "members", "aria-labelledby": "members-heading" });
  node = element("section", { "aria-labelledby": "members-heading" }, this.#heading, this.#list);

  /**
   * @param {string} userId
   * @param {(member: Member) => void} remove
   */
  constructor(userId, remove) {
    this.#userId = userId;
    this.#remove = remove;
  }

  /**
   * @param {Pick<Conversation, "members" | "operator">} conversation
   * @param {boolean} mayRemove
   */
  render({ members, operator }, mayRemove) {
    const signature = JSON.stringify([members, operator, mayRemove]);
    // A button that is replaced between press and release is never clicked.
    if (signature === this.#signature) return;
    this.#signature = signature;
    const hadFocus = this.#list.contains(document.activeElement);
    const shown = participants(members, operator);
    const people = members.filter(({ type }) => type !== "assistant").length;
    this.#heading.textContent = people === 1 ? "1 person" : `${people} people`;
    this.#list.replaceChildren(...shown.map((member) => this.#item(member, mayRemove)));
    if (hadFocus) this.#heading.focus();
  }

  /**
   * @param {Member} member
   * @param {boolean} mayRemove
   */
  #item(member, mayRemove) {
    const { id, name, type } = member;
    const isMe = id === this.#userId;
    const label = `Remove ${name}`;
    return element(
      "li",
      {},
      avatar(member),
      element("span", { class: "name", dir: "auto" }, name, isMe && element("span", { class: "you" }, " (you)")),
      ...badges(member).map((badge) => element("span", { class: `role role-${badge.toLowerCase()}` }, badge)),
      mayRemove && !isMe && type === "human"
        ? element("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick: () => this.#remove(member) }, icon("close"))
        : null,
    );
  }
}

/**
 * @param {Member[]} members
 * @param {{id: string, name: string} | undefined} operator
 * @returns {Member[]} owners first, assistants last, and the operator, who need not be a member, in between
 */
export function participants(members, operator) {
  const isMember = members.some(({ id }) => id === operator?.id);
  const shown = members.map((member) => (member.id === operator?.id ? { ...member, type: /** @type {const} */ ("operator") } : member));
  const held = operator && !isMember ? [{ ...operator, type: /** @type {const} */ ("operator"), role: "", joined_at: "" }] : [];
  const rank = (/** @type {Member} */ { role, type }) => (type === "assistant" ? 2 : role === "owner" ? 0 : 1);
  return [...shown, ...held].sort((a, b) => rank(a) - rank(b));
}

/**
 * @param {Member} member
 * @returns {string[]} in words: what somebody is, and may do
 */
export function badges({ role, type }) {
  const owner = role === "owner" ? OWNER : "";
  const member = type === "human" && role === "member" ? "Member" : "";
  return [ROLES[type], owner, member].filter(Boolean);
}
