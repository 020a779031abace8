/** @import {Draft} from "../wireside/drafts.js" */
/** @import {Thread} from "../wireside/thread.js" */
/** @import {Event, Shared} from "../wireside/types.js" */
/** @import {Wireside} from "../wireside/wireside.js" */
import { Inbox } from "../wireside/inbox.js";
import { hashOf } from "../wireside/route.js";
import { Announcer } from "./announcer.js";
import { ChatView } from "./chat.js";
import { Deeds } from "./deeds.js";
import { open } from "./dialog.js";
import { element } from "./dom.js";
import { ListView } from "./list.js";
import { placeNode } from "./place.js";
import { StatusView } from "./status.js";
import { errorText, failureText, hasCode } from "./errors.js";
import { tabText, titleOf } from "./texts.js";

const MOST_FOUND = 20;

/**
 * Everything that somebody who is signed in sees: the list beside one conversation, or one of both
 * where there is no room for two.
 */
export class Desk {
  #user;
  #wireside;
  #deeds;
  /** @type {import("./details.js").Details | null} while they are open */
  #details = null;
  #inbox;
  #list;
  /** @type {ChatView | null} */
  #chat = null;
  /** @type {Thread | null} that is shown */
  #thread = null;
  /** @type {string | null} */
  #shownId = null;
  #isDue = false;
  #status = new StatusView();
  #announcer = new Announcer();
  #pane = element("div", { class: "pane" });
  node;

  /**
   * @param {{
   *   user: {id: string, name: string}, wireside: Wireside, hasNames: boolean, signOut: () => void,
   *   deleteMe: () => Promise<void>,
   * }} how `hasNames`: whether people are known by their names alone; `deleteMe` ends with being signed out
   */
  constructor({ user, wireside, hasNames, signOut, deleteMe }) {
    const { api } = wireside;
    this.#user = user;
    this.#wireside = wireside;
    this.#inbox = new Inbox(api, () => this.render());
    this.#deeds = new Deeds({
      api, inbox: this.#inbox, userId: user.id, hasNames, gone: (id) => this.#gone(id),
      noteShared: (id, shared) => this.#noteShared(id, shared),
    });
    this.#list = new ListView({ user, status: this.#status.badge() }, {
      create: () => this.#deeds.create(),
      signOut,
      account: () => void this.#openAccount({ user, deleteMe }),
      find: (query) => api.search(query, MOST_FOUND),
      more: () => void this.#inbox.loadMore().catch((error) => this.#announcer.say(failureText(error))),
    });
    this.node = element("div", { class: "desk" }, this.#status.banner, this.#list.node, this.#pane, this.#status.node, this.#announcer.node);
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

  /** @param {string | null} id */
  show(id) {
    const hadChat = this.#shownId !== null;
    this.#shownId = id;
    this.#details?.close();
    this.node.classList.toggle("has-chat", id !== null);
    const thread = this.#wireside.show(id);
    this.#thread = thread;
    if (id === null || thread === null) {
      this.#chat = null;
      this.#pane.replaceChildren(welcomeNode(() => this.#deeds.create()));
      this.#draw();
      // What had the focus went with the conversation.
      if (hadChat && document.activeElement === document.body) this.#list.focus();
      return;
    }
    this.#chat = new ChatView({
      thread, userId: this.#user.id, draft: this.#wireside.drafts.of(id), status: this.#status.badge(),
      models: () => this.#wireside.models, roles: () => this.#wireside.roles,
    }, {
      back: () => location.assign("#/"),
      invite: () => this.#deeds.invite(id),
      details: () => void this.#openDetails(id),
      loadEarlier: () => thread.room.loadEarlier().catch((error) => this.#announcer.say(failureText(error))),
      send: ({ text, ...about }) => void thread.send(text, about),
      typing: (isOn) => thread.type(isOn),
      keep: (draft) => this.#wireside.drafts.keep(id, draft),
      say: (text) => this.#announcer.say(text),
      retry: (clientId) => thread.retry(clientId),
      discard: (clientId) => thread.discard(clientId),
      put: (write) => void thread.put(write),
      remove: (seq) => this.#deeds.removeMessage(thread, seq),
      operate: async (deed) => {
        await this.#deeds.operate(id, deed);
        if (thread.room.phase === "gone") thread.room.open();
      },
    });
    this.#pane.replaceChildren(this.#chat.node);
    this.#draw();
    this.#chat.focus();
  }

  /** @param {number} seq of the message in the conversation that is shown */
  goTo(seq) {
    this.#chat?.goTo(seq);
  }

  /**
   * Join a conversation by an invitation, and show it.
   *
   * @param {string} token
   */
  async join(token) {
    this.show(null);
    this.node.classList.add("has-chat");
    const at = location.hash;
    this.#pane.replaceChildren(placeNode({ lead: "Come in", text: "Joining the conversation…", isBusy: true }));
    try {
      const conversation = await this.#wireside.api.join(token);
      this.#inbox.note(conversation);
      if (location.hash === at) location.replace(hashOf({ place: "conversation", id: conversation.id, seq: null }));
    } catch (error) {
      const problem = hasCode(error, "not_found") ? errorText("no_invitation") : failureText(error);
      if (location.hash === at) this.#pane.replaceChildren(notJoinedNode(problem));
    }
  }

  /**
   * @param {string} id
   * @param {Event[]} events that came in live
   */
  tell(id, events) {
    if (id !== this.#shownId) return;
    this.#announcer.tell(events, this.#user.id);
    this.#chat?.came(events);
    const isOut = (/** @type {Event} */ { kind, body }) => (kind === "left" || kind === "removed") && body["user"]?.id === this.#user.id;
    if (events.some((event) => isOut(event))) this.#lose(id);
  }

  /** @param {string} id where the reader is no member any more; whether they may look on is the service's to say */
  #lose(id) {
    this.#forget(id);
    this.#wireside.show(id)?.room.open();
  }

  /**
   * @param {string} id
   * @param {Draft} draft as another tab has it by now
   */
  draft(id, draft) {
    if (id === this.#shownId) this.#chat?.draft(draft);
  }

  /** Draw again, once a frame at most. Where nobody looks there are no frames, but the browser still shows the title. */
  render() {
    if (document.hidden) this.#count();
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#isDue = false;
    const id = this.#shownId ?? "";
    if (this.#chat?.isGone) this.#forget(id);
    this.#count();
    const listed = this.#inbox.find(id);
    this.#list.render(this.#inbox, this.#shownId);
    this.#chat?.render(listed);
    const conversation = this.#chat?.conversation ?? listed;
    if (conversation) this.#details?.render({ ...conversation, title: conversation.title ?? listed?.title ?? null });
  }

  /** @param {import("./account.js").Account} account few ever look at it: it is no part of the first load */
  async #openAccount(account) {
    const found = await import("./account.js").catch(() => null);
    if (found) found.openAccount(account);
    else open({ title: "Your account", children: [element("p", {}, errorText("unreachable"))] });
  }

  /** Have what is unread in the list, and in the browser's. */
  #count() {
    if (this.#chat?.conversation && !this.#chat.isGone) this.#inbox.update(this.#chat.conversation, this.#chat.unread);
    const shown = this.#inbox.find(this.#shownId ?? "");
    const text = tabText(this.#inbox.unreadCount, shown ? titleOf(shown, this.#user.id) : null);
    if (document.title !== text) document.title = text;
  }

  /** @param {string} id its details come when somebody asks for them first */
  async #openDetails(id) {
    const found = await import("./details.js").catch(() => null);
    if (!found) return this.#announcer.say(errorText("unreachable"));
    if (id !== this.#shownId || this.#details) return;
    const deeds = this.#deeds;
    const user = { id: this.#user.id, roles: this.#wireside.roles };
    this.#details = new found.Details(user, {
      invite: () => deeds.invite(id),
      rename: () => deeds.rename(id),
      removeMember: (member) => deeds.removeMember(id, member),
      setPolicy: (policy) => deeds.setPolicy(id, policy),
      share: () => deeds.share(id),
      unshare: () => deeds.unshare(id),
      save: (format) => deeds.save(id, format),
      leave: () => deeds.leave(id),
      end: () => deeds.end(id),
      delete: () => deeds.delete(id),
      closed: () => (this.#details = null),
    });
    this.#draw();
    // Without it the rest is there all the same.
    deeds.lookForLink(id).catch(() => {});
  }

  /**
   * @param {string} id
   * @param {Shared | undefined} shared
   */
  #noteShared(id, shared) {
    if (id !== this.#shownId || !this.#thread?.room.conversation) return;
    const { shared: _before, ...conversation } = this.#thread.room.conversation;
    this.#thread.room.conversation = { ...conversation, ...(shared && { shared }) };
    this.render();
  }

  /** @param {string} id of what the reader left or deleted */
  #gone(id) {
    this.#forget(id);
    if (id === this.#shownId) location.assign("#/");
  }

  /** @param {string} id of what is not there for the reader any more */
  #forget(id) {
    this.#inbox.drop(id);
    this.#wireside.drafts.keep(id, { text: "", replyTo: null });
    if (id === this.#shownId) this.#details?.close();
  }
}

/** @param {() => void} create */
function welcomeNode(create) {
  return placeNode({
    lead: "Pull up a chair",
    text: "Choose a conversation, or begin a new one and invite people to it. Assistants are there already.",
    actions: [element("button", { type: "button", class: "primary", onclick: create }, "New conversation")],
  });
}

/** @param {string} problem */
function notJoinedNode(problem) {
  return placeNode({ lead: "This door stays shut", text: problem, actions: [element("a", { href: "#/" }, "To my conversations")] });
}
