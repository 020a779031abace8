/** @import {Api} from "../wireside/api.js" */
/** @import {Thread} from "../wireside/thread.js" */
/** @import {Inbox} from "../wireside/inbox.js" */
/** @import {Member, Shared} from "../wireside/types.js" */
import { gathered } from "../wireside/export.js";
import { refuse } from "../wireside/errors.js";
import { slug } from "../wireside/identity.js";
import { linkTo } from "../wireside/route.js";
import { ask, confirm, open } from "./dialog.js";
import { save } from "./download.js";
import { element } from "./dom.js";
import { maker } from "./link-box.js";
import { failureText, invitationText, nameOfFile } from "./texts.js";

/** What can be done to a conversation, each with the question that it takes. */
export class Deeds {
  #api;
  #inbox;
  #userId;
  #hasNames;
  #gone;
  #noteShared;
  /** How often a link was made or withdrawn here. */
  #linked = 0;

  /**
   * @param {{
   *   api: Api, inbox: Inbox, userId: string, hasNames: boolean, gone: (id: string) => void,
   *   noteShared: (id: string, shared: Shared | undefined) => void,
   * }} how `hasNames`: whether people are known by their names alone; `gone` is told of what was left or deleted,
   *   `noteShared` of links, of which no event tells
   */
  constructor({ api, inbox, userId, hasNames, gone, noteShared }) {
    this.#api = api;
    this.#inbox = inbox;
    this.#userId = userId;
    this.#hasNames = hasNames;
    this.#gone = gone;
    this.#noteShared = noteShared;
  }

  create() {
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

  /** @param {string} id */
  rename(id) {
    ask({
      title: "Rename",
      label: "Name",
      hint: "Everybody in the conversation sees it.",
      action: "Save",
      value: this.#inbox.find(id)?.title ?? "",
      failureText,
      submit: async (title) => this.#inbox.note(await this.#api.change(id, { title })),
    });
  }

  /** @param {string} id */
  invite(id) {
    ask({
      title: "Invite somebody",
      label: this.#hasNames ? "Their name" : "Their user id",
      hint: this.#hasNames ? "The name that they sign in with." : "They see everything that was said before.",
      action: "Invite",
      more: [this.#invitation(id)],
      failureText,
      submit: async (name) => {
        await this.#api.invite(id, this.#hasNames ? { user_id: slug(name) || refuse("no_name"), name } : { user_id: name });
      },
    });
  }

  /** @param {string} id */
  #invitation(id) {
    return maker({
      lead: "Or send them a link.",
      action: "Make a link",
      make: async () => {
        const { token, expires_at: until } = await this.#api.invitation(id);
        return { label: "Link to join", link: linkTo({ place: "join", token }, location.href), hint: invitationText(until) };
      },
    });
  }

  /**
   * @param {string} id
   * @param {Member} member
   */
  removeMember(id, { id: userId, name }) {
    confirm({
      title: `Remove ${name}?`,
      text: "They cannot read this conversation any more, and no link lets them in again. What they said stays.",
      action: "Remove",
      isRisky: true,
      failureText,
      submit: () => this.#api.remove(id, userId),
    });
  }

  /**
   * @param {string} id
   * @param {string} policy
   */
  async setPolicy(id, policy) {
    this.#inbox.note(await this.#api.change(id, { reply_policy: policy }));
  }

  /** @param {string} id */
  leave(id) {
    confirm({
      title: "Leave this conversation?",
      text: "You cannot read it any more. Others stay in it, and so does what you said.",
      action: "Leave",
      isRisky: true,
      failureText,
      submit: async () => {
        await this.#api.remove(id, this.#userId);
        this.#gone(id);
      },
    });
  }

  /** @param {string} id */
  end(id) {
    confirm({
      title: "End this conversation?",
      text: "Everybody can still read it, and nobody can write in it any more.",
      action: "End",
      failureText,
      submit: async () => this.#inbox.note(await this.#api.end(id)),
    });
  }

  /** @param {string} id */
  delete(id) {
    confirm({
      title: "Delete this conversation?",
      text: "It disappears at once, for everybody and for good. It cannot be brought back.",
      action: "Delete for everybody",
      isRisky: true,
      failureText,
      submit: async () => {
        await this.#api.delete(id);
        this.#gone(id);
      },
    });
  }

  /**
   * @param {Thread} thread
   * @param {number} seq
   */
  removeMessage(thread, seq) {
    confirm({
      title: "Delete this message?",
      text: "Nobody will be able to read it any more.",
      action: "Delete",
      failureText,
      submit: async () => void thread.delete(seq),
    });
  }

  /** @param {string} id */
  share(id) {
    const before = this.#inbox.find(id)?.shared;
    const note = before ? "A new link takes the place of the one before, which stops working." : "You can withdraw it whenever you like.";
    open({
      title: "Share this conversation",
      children: [
        element("p", {}, "Everybody who has the link reads what has been said up to now, with names and without signing in. What comes later is not in it, and what is deleted disappears from it."),
        maker({ lead: note, action: before ? "Make a new link" : "Make a link", make: () => this.#sharedLink(id) }),
      ],
    });
  }

  /** @param {string} id */
  async #sharedLink(id) {
    this.#linked += 1;
    const { token, ...shared } = await this.#api.share(id);
    this.#noteShared(id, shared);
    return { label: "Link to read", link: linkTo({ place: "shared", token }, location.href), hint: "Copy it now: it is not shown again." };
  }

  /**
   * Give the whole conversation to the browser, as a file.
   *
   * @param {string} id
   * @param {"json" | "md"} format
   */
  async save(id, format) {
    const text = await gathered(format, (cursor) => this.#api.export(id, format, cursor));
    const type = format === "json" ? "application/json" : "text/markdown";
    save(new Blob([text], { type }), nameOfFile(this.#inbox.find(id)?.title ?? "", format));
  }

  /** @param {string} id */
  unshare(id) {
    confirm({
      title: "Withdraw the link?",
      text: "Nobody can read this conversation by it any more.",
      action: "Withdraw",
      failureText,
      submit: async () => {
        this.#linked += 1;
        await this.#api.unshare(id);
        this.#noteShared(id, undefined);
      },
    });
  }

  /** @param {string} id where others may have made a link, or withdrawn it */
  async lookForLink(id) {
    const before = this.#linked;
    const { shared } = await this.#api.conversation(id);
    // What was asked before a link was withdrawn may be answered after it.
    if (before === this.#linked) this.#noteShared(id, shared);
  }

  /**
   * @param {string} id
   * @param {"takeover" | "release"} deed
   */
  async operate(id, deed) {
    await this.#api.operate(id, deed);
  }
}
