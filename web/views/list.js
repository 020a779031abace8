/** @import {Inbox} from "../wireside/inbox.js" */
/** @import {Conversation} from "../wireside/types.js" */
import { avatar } from "./avatar.js";
import { element, icon } from "./dom.js";
import { shortTime, titleOf } from "./texts.js";

/** @typedef {{create: () => void, signOut: () => void}} ListActions */

/** The conversations of whoever is signed in. */
export class ListView {
  #user;
  #list = element("ul", { class: "conversations" });
  #hint = element("div", { class: "empty", hidden: true });
  #signature = "";
  node;

  /**
   * @param {{user: {id: string, name: string}, status: HTMLElement}} who
   * @param {ListActions} actions
   */
  constructor({ user, status }, { create, signOut }) {
    this.#user = user;
    this.node = element(
      "aside",
      { class: "list", "aria-label": "Conversations" },
      element("header", { class: "bar" }, element("div", { class: "brand" }, icon("flame"), "Wireside"), status),
      element("button", { type: "button", class: "primary wide", onclick: create }, icon("plus"), "New conversation"),
      this.#hint,
      element("nav", { "aria-label": "My conversations" }, this.#list),
      element(
        "footer",
        { class: "who" },
        avatar({ ...user, type: "human" }),
        element("span", { class: "name", dir: "auto" }, user.name),
        element("button", { type: "button", class: "tool", "aria-label": "Sign out", title: "Sign out", onclick: signOut }, icon("leave")),
      ),
    );
  }

  /**
   * @param {Inbox} inbox
   * @param {string | null} shownId
   */
  render({ conversations, fresh }, shownId) {
    const signature = JSON.stringify([conversations, [...fresh], shownId]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#hint.hidden = conversations === null || conversations.length > 0;
    this.#hint.replaceChildren(
      element("p", { class: "lead" }, "It is quiet here."),
      element("p", {}, "Begin a conversation, or ask a friend to invite you."),
    );
    const focused = document.activeElement?.getAttribute("href");
    this.#list.replaceChildren(...(conversations ?? []).map((each) => this.#item(each, shownId, fresh.has(each.id))));
    if (focused?.startsWith("#/c/")) this.#linkTo(focused)?.focus();
  }

  /** @param {string} href */
  #linkTo(href) {
    return [...this.#list.querySelectorAll("a")].find((link) => link.getAttribute("href") === href);
  }

  /**
   * @param {Conversation} conversation
   * @param {string | null} shownId
   * @param {boolean} isFresh
   */
  #item(conversation, shownId, isFresh) {
    const { id, last_at, members } = conversation;
    const others = members.filter((member) => member.id !== this.#user.id);
    const names = others.map(({ name }) => name).join(", ") || "Only you";
    return element(
      "li",
      {},
      element(
        "a",
        { href: `#/c/${id}`, class: isFresh ? "fresh" : "", ...(id === shownId && { "aria-current": "page" }) },
        element("span", { class: "title", dir: "auto" }, titleOf(conversation, this.#user.id)),
        element("time", { datetime: last_at }, shortTime(last_at, new Date())),
        element("span", { class: "members", dir: "auto" }, names),
        isFresh ? element("span", { class: "new" }, "New") : null,
      ),
    );
  }
}
