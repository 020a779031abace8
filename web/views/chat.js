/** @import {Draft} from "../wireside/drafts.js" */
/** @import {Thread} from "../wireside/thread.js" */
/** @import {Conversation, Event, Named} from "../wireside/types.js" */
/** @import {Write} from "../wireside/writes.js" */
/** @import {Written} from "./composer.js" */
import { ChatHead } from "./chat-head.js";
import { Composer } from "./composer.js";
import { element } from "./dom.js";
import { HintView } from "./hint.js";
import { MessageMenu } from "./message-menu.js";
import { quoteOf } from "./item-rows.js";
import { OperatorBar } from "./operator-bar.js";
import { dots } from "./row.js";
import { History } from "./rows.js";
import { writingText } from "./texts.js";
import { Timeline } from "./timeline.js";

/**
 * @typedef {{
 *   back: () => void, invite: () => void, details: () => void, loadEarlier: () => Promise<unknown>,
 *   send: (written: Written) => void, typing: (isOn: boolean) => void, keep: (draft: Draft) => void, say: (text: string) => void,
 *   retry: (clientId: string) => void, discard: (clientId: string) => void,
 *   operate: (deed: "takeover" | "release") => Promise<void>,
 *   put: (write: Write) => void, remove: (seq: number) => void,
 * }} ChatActions
 */

/** One open conversation. */
export class ChatView {
  #thread;
  #userId;
  #actions;
  #head;
  #hint;
  #timeline;
  #composer;
  #roles;
  #operator;
  #history;
  #isLoading = false;
  /** @type {number | null} the message to go to once there are any */
  #wantedSeq = null;
  /** Whether the reader was put where there is something new to read. */
  #hasArrived = false;
  #typing = element("p", { class: "typing" });
  node;

  /**
   * @param {{
   *   thread: Thread, userId: string, draft: Draft, status: HTMLElement, models: () => Named[], roles: () => string[],
   * }} what
   * @param {ChatActions} actions
   */
  constructor({ thread, userId, draft, status, models, roles }, actions) {
    this.#thread = thread;
    this.#userId = userId;
    this.#roles = roles;
    this.#actions = actions;
    this.#history = new History(userId);
    /** @param {number} target_seq @param {string} emoji @param {boolean} on */
    const react = (target_seq, emoji, on) => actions.put({ action: "react", target_seq, emoji, on });
    const menu = new MessageMenu({
      react,
      reply: (seq) => this.#composer.answer(seq),
      edit: (seq, text) => this.#composer.edit(seq, text),
      remove: actions.remove,
      say: actions.say,
      regenerate: (target_seq) => actions.put({ action: "regenerate", target_seq }),
    });
    this.#timeline = new Timeline({
      ...actions, react,
      approve: (target_seq, approved) => actions.put({ action: "approve", target_seq, approved }),
      menu: (row, anchor) => menu.prepare(row, anchor), loadEarlier: () => this.#loadEarlier(),
      rewrite: ({ clientId, write }) => {
        if (write.action === "send") this.#composer.rewrite({ text: write.text, replyTo: write.reply_to ?? null });
        actions.discard(clientId);
      },
      jump: (seq) => void this.#jump(seq),
      jumpToNew: () => void this.#jumpToNew(),
      seen: (seq) => document.hidden || thread.reading.see(seq),
    });
    this.#composer = new Composer(draft, {
      ...actions,
      send: (written) => this.#send(written),
      quoted: (seq) => quoteOf(seq, this.#history.message(seq)),
      change: (target_seq, text) => actions.put({ action: "edit", target_seq, text }),
      stop: () => thread.stopper.stop(),
    });
    this.#head = new ChatHead({ userId, status, models, choose: (model) => actions.put({ action: "model", model }) }, actions);
    this.#hint = new HintView(actions.invite);
    this.#operator = new OperatorBar(actions.operate);
    this.node = element(
      "main",
      { class: "chat" },
      this.#head.node,
      this.#operator.node,
      this.#hint.node,
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

  /** How many messages are not read; `null` where that is not known. */
  get unread() {
    const { room, reading } = this.#thread;
    if (!room.conversation || !reading.isKnown) return null;
    if (reading.seq === 0) return room.conversation.n;
    const read = room.log.events[reading.seq - room.log.start - 1];
    return read ? Math.max(0, room.conversation.n - read.n) : null;
  }

  /** @param {Event[]} events that came in live */
  came(events) {
    const isLookedAt = !document.hidden && this.#timeline.isAtEnd;
    const messages = events.filter(({ kind, sender }) => kind === "message" && sender.id !== this.#userId);
    for (const { seq } of messages) this.#thread.reading.came(seq, { isLookedAt });
  }

  /** Whether there is no such conversation for the reader. */
  get isGone() {
    return this.#thread.room.phase === "gone" && this.#thread.room.goneFor === "not_found";
  }

  /** @param {Draft} draft what is to be written, as another tab has it */
  draft(draft) {
    this.#composer.take(draft);
  }

  /** Be ready to write; on a touch screen that would hide half of the page behind a keyboard. */
  focus() {
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
    else this.#head.focus();
  }

  /** @param {Conversation | undefined} listed what the list knows, while nothing better is known */
  render(listed) {
    const { room, typists } = this.#thread;
    const conversation = room.conversation ?? listed;
    const title = conversation?.title ?? listed?.title ?? null;
    const isGone = room.phase === "gone";
    const isOver = conversation?.ended_at !== undefined && !isGone;
    this.#head.render(conversation, { title, present: room.present, wanted: this.#wanted, isGone, isOver });
    this.#show();
    this.#arrive();
    this.#composer.know({ members: conversation?.members ?? [], userId: this.#userId });
    this.#hint.render(this.#thread);
    this.#showTyping(typists.ids, conversation);
    this.#operator.render(isGone ? undefined : conversation, { id: this.#userId, roles: isGone || conversation ? this.#roles() : [] });
    this.#composer.allow({ isOpen: !isGone && !isOver, isOver });
    this.#offerStop(isGone);
  }

  /** @param {number} seq of a message to show, once that can be done */
  goTo(seq) {
    this.#wantedSeq = seq;
    this.#arrive();
  }

  /** Begin to read where there is something new, or where the reader wants to. */
  #arrive() {
    if (this.#wantedSeq !== null && this.#thread.room.log.isLoaded) {
      const seq = this.#wantedSeq;
      this.#wantedSeq = null;
      this.#hasArrived = true;
      return void this.#jump(seq);
    }
    const { room, reading } = this.#thread;
    if (this.#hasArrived || !room.log.isLoaded || !reading.isKnown) return;
    this.#hasArrived = true;
    if (this.#history.firstNew >= 0) this.#timeline.reveal(this.#history.seqAt(this.#history.firstNew), { isPointed: false });
  }

  /** @param {boolean} isGone */
  #offerStop(isGone) {
    const { room, stopper } = this.#thread;
    const isWriting = !isGone && room.streams.inFlight.length > 0;
    this.#composer.offerStop(isWriting ? (stopper.isStopping ? "stopping" : "answers") : "nothing");
  }

  /** The assistant that the reader chose last, while that is under way. */
  get #wanted() {
    const choices = this.#thread.writer.pending.flatMap(({ write, refusal }) =>
      write.action === "model" && !refusal ? [write.model] : []);
    return choices.at(-1);
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

  /** @param {Written} written */
  #send(written) {
    this.#actions.send(written);
    this.#timeline.follow();
  }

  /**
   * Go to a message.
   *
   * @param {number} seq
   */
  async #jump(seq) {
    await this.#loadDownTo(seq);
    if (!this.#history.message(seq)) return this.#actions.say("That message could not be found.");
    this.#timeline.reveal(seq, { isPointed: true });
  }

  /** Go to the first message that was not read. */
  async #jumpToNew() {
    await this.#loadDownTo(this.#thread.reading.newAfter ?? 0);
    const { firstNew } = this.#history;
    if (firstNew >= 0) this.#timeline.reveal(this.#history.seqAt(firstNew), { isPointed: true });
  }

  /**
   * Have the log from there on, through as many earlier pages as that takes.
   *
   * @param {number} seq
   */
  async #loadDownTo(seq) {
    const { log } = this.#thread.room;
    if (log.start >= seq) this.node.setAttribute("aria-busy", "true");
    for (let before = Infinity; log.start >= seq && log.start < before && log.start > 0 && this.node.isConnected; ) {
      before = log.start;
      await this.#actions.loadEarlier();
    }
    this.node.removeAttribute("aria-busy");
    this.#show();
  }

  #show() {
    const { room, reading } = this.#thread;
    this.#history.update(this.#thread, new Date(), reading.newAfter);
    const isAbove = reading.newAfter !== null && reading.newAfter < room.log.start && room.log.isLoaded;
    this.#timeline.render(this.#history, { newAbove: isAbove ? reading.newCount : 0 });
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
