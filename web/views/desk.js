/** @import {Client} from "../wireside/client.js" */
/** @import {Api} from "../wireside/api.js" */
/** @import {Shelf} from "../wireside/outbox.js" */
/** @import {Event} from "../wireside/types.js" */
import { refuse } from "../wireside/api.js";
import { slug } from "../wireside/identity.js";
import { Drafts } from "../wireside/drafts.js";
import { Inbox } from "../wireside/inbox.js";
import { Announcer } from "./announcer.js";
import { ChatView } from "./chat.js";
import { ask, confirm } from "./dialog.js";
import { element, icon } from "./dom.js";
import { ListView } from "./list.js";
import { StatusView } from "./status.js";
import { failureText } from "./texts.js";

/**
 * Everything that somebody who is signed in sees: the list beside one conversation, or one of both
 * where there is no room for two.
 */
export class Desk {
  #user;
  #api;
  #drafts;
  #hasNames;
  /** @type {Client | null} */
  #client = null;
  #inbox;
  #list;
  /** @type {ChatView | null} */
  #chat = null;
  /** @type {string | null} */
  #shownId = null;
  #isDue = false;
  #status = new StatusView();
  #announcer = new Announcer();
  #pane = element("div", { class: "pane" });
  node;

  /**
   * @param {{
   *   user: {id: string, name: string}, api: Api, drafts: Shelf, hasNames: boolean, signOut: () => void,
   * }} how `hasNames`: whether people are known by their names alone
   */
  constructor({ user, api, drafts, hasNames, signOut }) {
    this.#user = user;
    this.#api = api;
    this.#drafts = new Drafts(drafts, user.id);
    this.#hasNames = hasNames;
    this.#inbox = new Inbox(api, () => this.render());
    this.#list = new ListView({ user, status: this.#status.badge() }, { create: () => this.#create(), signOut });
    this.node = element("div", { class: "desk" }, this.#list.node, this.#pane, this.#status.node, this.#announcer.node);
  }

  get inbox() {
    return this.#inbox;
  }

  get status() {
    return this.#status;
  }

  get shownId() {
    return this.#shownId;
  }

  /** @param {Client} client */
  serve(client) {
    this.#client = client;
  }

  /** @param {string | null} id */
  show(id) {
    this.#shownId = id;
    this.node.classList.toggle("has-chat", id !== null);
    const thread = this.#client?.show(id) ?? null;
    if (id === null || thread === null) {
      this.#chat = null;
      this.#pane.replaceChildren(welcomeNode(() => this.#create()));
      return this.render();
    }
    this.#chat = new ChatView({ thread, userId: this.#user.id, draft: this.#drafts.of(id), status: this.#status.badge(), models: () => this.#client?.models ?? [] }, {
      back: () => location.assign("#/"),
      invite: () => this.#invite(id),
      rename: () => this.#rename(id),
      loadEarlier: () => thread.room.loadEarlier().catch((error) => this.#announcer.say(failureText(error))),
      send: ({ text, ...about }) => this.#client?.write(id, text, about),
      typing: (isOn) => this.#client?.typing(id, isOn),
      keep: (draft) => this.#drafts.keep(id, draft),
      say: (text) => this.#announcer.say(text),
      retry: (clientId) => this.#client?.retry(id, clientId),
      discard: (clientId) => this.#client?.discard(id, clientId),
      put: (write) => this.#client?.put(id, write),
      remove: (seq) => this.#remove(id, seq),
      end: () => this.#end(id),
    });
    this.#pane.replaceChildren(this.#chat.node);
    this.#draw();
    this.#chat.focus();
  }

  /**
   * @param {string} id
   * @param {Event[]} events that came in live
   */
  tell(id, events) {
    if (id !== this.#shownId) return;
    this.#announcer.tell(events, this.#user.id);
    this.#chat?.came(events);
  }

  /** Draw again, once a frame at most. */
  render() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#isDue = false;
    if (this.#shownId) this.#inbox.see(this.#shownId);
    if (this.#chat?.conversation) this.#inbox.update(this.#chat.conversation, this.#chat.unread);
    this.#list.render(this.#inbox, this.#shownId);
    this.#chat?.render(this.#inbox.find(this.#shownId ?? ""));
  }

  #create() {
    ask({
      title: "New conversation",
      label: "Name (optional)",
      hint: "Without a name it takes one from its first message.",
      action: "Create",
      isOptional: true,
      failureText,
      submit: async (title) => {
        const conversation = await this.#api.create(title);
        this.#inbox.note(conversation);
        location.assign(`#/c/${conversation.id}`);
      },
    });
  }

  /**
   * @param {string} id
   * @param {number} seq
   */
  #remove(id, seq) {
    confirm({
      title: "Delete this message?",
      text: "Nobody will be able to read it any more.",
      action: "Delete",
      failureText,
      submit: async () => this.#client?.put(id, { action: "delete", target_seq: seq }),
    });
  }

  /** @param {string} id */
  #end(id) {
    confirm({
      title: "End this conversation?",
      text: "Everybody can still read it, and nobody can write in it any more.",
      action: "End",
      failureText,
      submit: async () => this.#inbox.note(await this.#api.end(id)),
    });
  }

  /** @param {string} id */
  #invite(id) {
    ask({
      title: "Invite somebody",
      label: this.#hasNames ? "Their name" : "Their user id",
      hint: this.#hasNames ? "The name that they sign in with." : "They see everything that was said before.",
      action: "Invite",
      failureText,
      submit: async (name) => {
        await this.#api.invite(id, this.#hasNames ? { user_id: slug(name) || refuse("no_name"), name } : { user_id: name });
      },
    });
  }

  /** @param {string} id */
  #rename(id) {
    ask({
      title: "Rename",
      label: "Name",
      hint: "Everybody in the conversation sees it.",
      action: "Save",
      value: this.#inbox.find(id)?.title ?? "",
      failureText,
      submit: async (title) => this.#inbox.note(await this.#api.rename(id, title)),
    });
  }
}

/** @param {() => void} create */
function welcomeNode(create) {
  return element(
    "main",
    { class: "welcome" },
    element("div", { class: "emblem" }, icon("flame")),
    element("h1", {}, "Pull up a chair"),
    element("p", {}, "Choose a conversation, or begin a new one and invite people to it. Assistants are there already."),
    element("button", { type: "button", class: "primary", onclick: create }, "New conversation"),
  );
}
