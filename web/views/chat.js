/** @import {Thread} from "../wireside/client.js" */
/** @import {Conversation, Named} from "../wireside/types.js" */
/** @import {Write} from "../wireside/writes.js" */
import { AnswererView } from "./answerer.js";
import { Composer } from "./composer.js";
import { element, icon } from "./dom.js";
import { MessageMenu } from "./message-menu.js";
import { dots } from "./row.js";
import { rowsOf } from "./rows.js";
import { errorText, titleOf, writingText } from "./texts.js";
import { Timeline } from "./timeline.js";

/**
 * @typedef {{
 *   back: () => void, invite: () => void, rename: () => void, loadEarlier: () => Promise<unknown>,
 *   send: (text: string) => void, typing: () => void, keep: (draft: string) => void,
 *   retry: (clientId: string) => void, discard: (clientId: string) => void, end: () => void,
 *   put: (write: Write) => void, remove: (seq: number) => void,
 * }} ChatActions
 */

/** One open conversation. */
export class ChatView {
  #thread;
  #userId;
  #actions;
  #timeline;
  #composer;
  #rename;
  #invite;
  #end;
  #isLoading = false;
  #title = element("h1", { class: "title", dir: "auto", tabindex: "-1" });
  #people = element("span", { class: "people" });
  #answerer;
  #models;
  #typing = element("p", { class: "typing" });
  #hint = element("div", { class: "empty", hidden: true });
  #hinted = "";
  node;

  /**
   * @param {{
   *   thread: Thread, userId: string, draft: string, status: HTMLElement, models: () => Named[],
   * }} what
   * @param {ChatActions} actions
   */
  constructor({ thread, userId, draft, status, models }, actions) {
    this.#thread = thread;
    this.#userId = userId;
    this.#models = models;
    this.#actions = actions;
    /** @param {number} target_seq @param {string} emoji @param {boolean} on */
    const react = (target_seq, emoji, on) => actions.put({ action: "react", target_seq, emoji, on });
    const menu = new MessageMenu({
      react,
      edit: (seq, text) => this.#composer.edit(seq, text),
      remove: actions.remove,
      regenerate: (target_seq) => actions.put({ action: "regenerate", target_seq }),
    });
    this.#timeline = new Timeline({
      ...actions, react,
      approve: (target_seq, approved) => actions.put({ action: "approve", target_seq, approved }),
      menu: (row, anchor) => menu.prepare(row, anchor), loadEarlier: () => this.#loadEarlier(),
    });
    this.#composer = new Composer(draft, {
      ...actions,
      send: (text) => this.#send(text),
      change: (target_seq, text) => actions.put({ action: "edit", target_seq, text }),
      stop: () => thread.stopper.stop(),
    });
    this.#answerer = new AnswererView((model) => actions.put({ action: "model", model }));
    this.#rename = toolButton("rename", "Rename", actions.rename);
    this.#invite = toolButton("invite", "Invite somebody", actions.invite);
    this.#end = toolButton("end", "End this conversation", actions.end);
    this.node = element(
      "main",
      { class: "chat" },
      element(
        "header",
        { class: "bar" },
        toolButton("back", "Back to the list", actions.back, "only-narrow"),
        element("div", { class: "heading" }, this.#title, element("div", { class: "below" }, this.#answerer.node, this.#people)),
        status,
        // First, since only owners have it: what appears late must not push a button under a finger.
        this.#end,
        this.#rename,
        this.#invite,
      ),
      this.#hint,
      this.#timeline.node,
      this.#typing,
      this.#composer.node,
      menu.node,
    );
  }

  /** What is known of the conversation since it was opened. */
  get conversation() {
    return this.#thread.room.conversation;
  }

  /** Be ready to write; on a touch screen that would hide half of the page behind a keyboard. */
  focus() {
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
    else this.#title.focus();
  }

  /** @param {Conversation | undefined} listed what the list knows, while nothing better is known */
  render(listed) {
    const { room, typists } = this.#thread;
    const conversation = room.conversation ?? listed;
    const title = conversation?.title ?? listed?.title ?? null;
    this.#title.textContent = conversation ? titleOf({ ...conversation, title }, this.#userId) : "…";
    this.#people.textContent = this.#peopleText(conversation);
    this.#timeline.render(rowsOf(this.#thread, this.#userId, new Date()));
    this.#showHint();
    this.#showTyping(typists.ids, conversation);
    this.#showTools(conversation);
  }

  /** @param {Conversation | undefined} conversation */
  #peopleText(conversation) {
    const others = (conversation?.members ?? []).filter(({ id }) => id !== conversation?.operator?.id);
    return others.map(({ id, name }) => (id === this.#userId ? "You" : name)).join(", ");
  }

  /** @param {Conversation | undefined} conversation */
  #showTools(conversation) {
    const { room, stopper } = this.#thread;
    const isOver = conversation?.ended_at !== undefined && room.phase !== "gone";
    const me = conversation?.members.find(({ id }) => id === this.#userId);
    this.#rename.hidden = this.#invite.hidden = isOver;
    this.#end.hidden = isOver || me?.role !== "owner";
    this.#answerer.render(conversation, {
      models: this.#models(), userId: this.#userId, wanted: this.#wanted, isOpen: room.phase !== "gone" && !isOver,
    });
    this.#composer.allow({ isOpen: room.phase !== "gone" && !isOver, isOver });
    const isWriting = room.phase !== "gone" && room.streams.inFlight.length > 0;
    this.#composer.offerStop(isWriting ? (stopper.isStopping ? "stopping" : "answers") : "nothing");
  }

  /** The assistant that the reader chose last, while that is under way. */
  get #wanted() {
    const choices = this.#thread.writer.pending.flatMap(({ write, refusal }) =>
      write.action === "model" && !refusal ? [write.model] : []);
    return choices.at(-1);
  }

  #showHint() {
    const { room, writer } = this.#thread;
    const isEmpty = room.log.isLoaded && !room.log.events.some(({ kind }) => kind === "message");
    this.#hint.hidden = room.phase !== "gone" && (!isEmpty || writer.pending.length > 0);
    const hinted = room.phase === "gone" ? `gone ${room.goneFor}` : "empty";
    // A button that is replaced between press and release is never clicked.
    if (this.#hint.hidden || hinted === this.#hinted) return;
    this.#hinted = hinted;
    this.#hint.replaceChildren(...(room.phase === "gone" ? goneNodes(room.goneFor) : emptyNodes(this.#actions.invite)));
  }

  /**
   * @param {string[]} ids
   * @param {Conversation | undefined} conversation
   */
  #showTyping(ids, conversation) {
    const others = ids.filter((id) => id !== this.#userId);
    const names = others.map((id) => conversation?.members.find((member) => member.id === id)?.name ?? id);
    this.#typing.replaceChildren(...(names.length > 0 ? [writingText(names), dots()] : []));
  }

  /** @param {string} text */
  #send(text) {
    this.#actions.send(text);
    this.#timeline.follow();
  }

  #loadEarlier() {
    const { log } = this.#thread.room;
    if (this.#isLoading || !log.isLoaded || log.start === 0) return;
    this.#isLoading = true;
    void this.#actions.loadEarlier().finally(() => {
      this.#isLoading = false;
    });
  }
}

/**
 * @param {"back" | "rename" | "invite" | "end"} name
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [extra]
 */
function toolButton(name, label, onclick, extra = "") {
  return element("button", { type: "button", class: `tool ${extra}`, "aria-label": label, title: label, onclick }, icon(name));
}

/** @param {() => void} invite */
function emptyNodes(invite) {
  return [
    element("p", { class: "lead" }, "The fire is lit."),
    element("p", {}, "Write the first message, or bring somebody along. An assistant that takes part answers right here."),
    element("button", { type: "button", onclick: invite }, "Invite somebody"),
  ];
}

/** @param {string} code */
function goneNodes(code) {
  return [element("p", { class: "lead" }, "Nothing to see here."), element("p", {}, errorText(code || "not_found"))];
}
