/** @import {Inbox} from "../wireside/inbox.js" */
/** @import {Conversation, FoundPage, Sender} from "../wireside/types.js" */
import { avatar } from "./avatar.js";
import { element, icon } from "./dom.js";
import { FoundView } from "./found.js";
import { faceOf, flagsOf, matches, titleOf } from "./texts.js";
import { shortTime } from "./times.js";

/**
 * @typedef {{
 *   create: () => void, signOut: () => void, account: () => void, more: () => void,
 *   find: (query: string) => Promise<FoundPage>,
 * }} ListActions
 */

/** The conversations of whoever is signed in, and what is found in them. */
export class ListView {
  #user;
  #list = element("ul", { class: "conversations" });
  #hint = element("div", { class: "empty", hidden: true });
  #none = element("p", { class: "none", hidden: true }, "No conversation has that in its name.");
  #loading = element("p", { class: "none", role: "status" }, "Loading…");
  #create;
  #more;
  #query = "";
  #found;
  #search = element("input", {
    type: "search", placeholder: "Search", "aria-label": "Search conversations and messages", autocomplete: "off", maxlength: "200",
    oninput: () => this.#searched(),
  });
  /**
   * What is drawn, by id. Of thousands that were looked at, few have changed: who is what they were needs no second look.
   *
   * @type {Map<string, {of: Conversation, signature: string, looks: string, node: HTMLLIElement}>}
   */
  #items = new Map();
  #signature = "";
  #today = "";
  /** @type {{inbox: Inbox, shownId: string | null} | null} */
  #drawn = null;
  node;

  /**
   * @param {{user: {id: string, name: string}, status: HTMLElement}} who
   * @param {ListActions} actions
   */
  constructor({ user, status }, { create, signOut, account, more, find }) {
    this.#user = user;
    this.#found = new FoundView(find);
    this.#create = element("button", { type: "button", class: "primary wide", onclick: create }, icon("plus"), "New conversation");
    this.#more = element("button", { type: "button", class: "wide", hidden: true, onclick: more }, "Show more");
    this.node = element(
      "aside",
      { class: "list", "aria-label": "Conversations" },
      element("header", { class: "bar" }, element("div", { class: "brand" }, icon("flame"), "Wireside"), status),
      this.#create,
      element("div", { class: "search", role: "search" }, this.#search),
      this.#hint,
      element("nav", { "aria-label": "My conversations" }, this.#loading, this.#list, this.#none, this.#more, this.#found.node),
      element(
        "footer",
        { class: "who" },
        avatar({ ...user, type: "human" }),
        element("button", { type: "button", class: "name", title: "Your account", onclick: account }, element("span", { dir: "auto" }, user.name)),
        element("button", { type: "button", class: "tool", "aria-label": "Sign out", title: "Sign out", onclick: signOut }, icon("leave")),
      ),
    );
  }

  /**
   * @param {Inbox} inbox
   * @param {string | null} shownId
   */
  render(inbox, shownId) {
    this.#drawn = { inbox, shownId };
    this.#today = new Date().toDateString();
    const signature = JSON.stringify([inbox.revision, shownId, this.#query, this.#today]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#showHint(inbox);
    const all = inbox.conversations ?? [];
    const shown = this.#query ? all.filter((each) => matches(each, this.#user.id, this.#query)) : all;
    this.#place(shown.map((each) => this.#item(each, inbox.unread(each), each.id === shownId)));
    this.#none.hidden = this.#query === "" || shown.length > 0;
    this.#more.hidden = !inbox.hasMore;
    this.#more.disabled = inbox.isLoading;
    this.#more.textContent = inbox.isLoading ? "Loading…" : "Show more";
  }

  /** @param {Inbox} inbox */
  #showHint({ conversations }) {
    this.#loading.hidden = conversations !== null;
    this.#hint.hidden = conversations === null || conversations.length > 0;
    this.#search.hidden = conversations === null || conversations.length === 0;
    this.#hint.replaceChildren(
      element("p", { class: "lead" }, "It is quiet here."),
      element("p", {}, "Begin a conversation, or ask a friend to invite you."),
    );
  }

  /** Have the focus at the newest conversation, or where one begins. */
  focus() {
    (this.#list.querySelector("a") ?? this.#create).focus();
  }

  #searched() {
    this.#query = this.#search.value.trim();
    this.#found.search(this.#query);
    if (this.#drawn) this.render(this.#drawn.inbox, this.#drawn.shownId);
  }

  /**
   * Bring the items into this order; who stands where they belong is not moved, so that they keep the focus.
   *
   * @param {HTMLLIElement[]} nodes
   */
  #place(nodes) {
    const focused = document.activeElement;
    const wanted = new Set(nodes);
    for (const node of [...this.#list.children]) if (!wanted.has(/** @type {any} */ (node))) node.remove();
    let next = this.#list.firstElementChild;
    for (const node of nodes) {
      if (node === next) next = node.nextElementSibling;
      else this.#list.insertBefore(node, next);
    }
    const href = focused?.getAttribute("href");
    if (href?.startsWith("#/c/") && document.activeElement !== focused) this.#linkTo(href)?.focus();
  }

  /** @param {string} href */
  #linkTo(href) {
    return [...this.#list.querySelectorAll("a")].find((link) => link.getAttribute("href") === href);
  }

  /**
   * @param {Conversation} conversation
   * @param {number} unread
   * @param {boolean} isShown
   * @returns {HTMLLIElement} the one of before where nothing in it has changed
   */
  #item(conversation, unread, isShown) {
    const known = this.#items.get(conversation.id);
    const looks = `${unread} ${isShown} ${this.#today}`;
    if (known?.of === conversation && known.looks === looks) return known.node;
    const { id, last_at: lastAt, members } = conversation;
    const names = members.filter((member) => member.id !== this.#user.id).map(({ name }) => name).join(", ") || "Only you";
    const face = faceOf(conversation, this.#user.id);
    const shown = { face, title: titleOf(conversation, this.#user.id), time: shortTime(lastAt, new Date()), names, flags: flagsOf(conversation, this.#user.id) };
    const signature = JSON.stringify([shown, lastAt, unread, isShown]);
    const node = known?.signature === signature ? known.node : itemNode({ id, lastAt, unread, isShown, ...shown });
    this.#items.set(id, { of: conversation, signature, looks, node });
    return node;
  }
}

/**
 * @param {{
 *   id: string, lastAt: string, face: Sender, title: string, time: string, names: string, flags: string[], unread: number, isShown: boolean,
 * }} shown
 */
function itemNode({ id, lastAt, face, title, time, names, flags, unread, isShown }) {
  return element(
    "li",
    {},
    element(
      "a",
      { href: `#/c/${id}`, class: unread > 0 ? "fresh" : "", ...(isShown && { "aria-current": "page" }) },
      avatar(face),
      element("span", { class: "title", dir: "auto" }, title),
      element("time", { datetime: lastAt }, time),
      element("span", { class: "members", dir: "auto" }, ...flags.map((flag) => element("span", { class: "flag" }, flag)), names),
      unread > 0 ? unreadNode(unread) : null,
    ),
  );
}

/** @param {number} unread */
function unreadNode(unread) {
  const text = unread > 99 ? "99+" : String(unread);
  return element("span", { class: "new" }, text, element("span", { class: "visually-hidden" }, " unread"));
}
