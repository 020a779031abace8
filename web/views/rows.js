/** @import {Call} from "../wireside/calls.js" */
/** @import {Thread} from "../wireside/thread.js" */
/** @import {Item, Message, Notice} from "../wireside/fold.js" */
/** @import {Entry} from "../wireside/outbox.js" */
/** @import {Event, Member, Sender} from "../wireside/types.js" */
/** @import {Targeted} from "../wireside/writes.js" */
/** @import {Seen} from "./item-rows.js" */
/** @import {Rights} from "./rights.js" */
import { Folded, Folding, foreseenIn } from "../wireside/fold.js";
import { changeOf, isTargeted } from "../wireside/writes.js";
import { goesOn, itemRows, keyOfPending, quoteOf, writingRow } from "./item-rows.js";

/** What is shown as done before it is stored; for the rest there is a word that it is under way. */
const FORESEEN = new Set(["edit", "react"]);
/** @type {Member[]} */
const NOBODY = [];
/** @type {Event[]} */
const NOTHING = [];

/**
 * What stands in the timeline, from top to bottom. Rows with the same `key` are the same row.
 *
 * @typedef {{seq: number, name: string | null, text: string, isDeleted: boolean}} Quote Its beginning;
 *   `name` is `null` where the message is not loaded.
 *
 * @typedef {{key: string, type: "beginning", above: "nothing" | "earlier"}} Beginning
 * @typedef {{key: string, type: "day", text: string, at: string}} Day
 * @typedef {{key: string, type: "new"}} NewRow Above the first message that was not read.
 * @typedef {{key: string, type: "notice", notice: Notice}} NoticeRow
 * @typedef {{
 *   key: string, type: "message", message: Message, isMine: boolean, isGrouped: boolean,
 *   underWay: Targeted["action"] | null, rights: Rights, userId: string, names: Record<string, string>,
 *   quote: Quote | null, mentions: {id: string, name: string}[], was: string | null,
 * }} MessageRow `names` are those of who reacted, by id; `was` is the key of what stood for it before it was stored.
 * @typedef {{key: string, type: "call", call: Call, mayDecide: boolean, isUnderWay: boolean}} CallRow
 * @typedef {{key: string, type: "remnant", sender: Sender, at: string, text: string}} RemnantRow
 * @typedef {{
 *   key: string, type: "writing", sender: Sender, text: string, isCut: boolean, isRetrying: boolean,
 * }} WritingRow
 * @typedef {{key: string, type: "pending", entry: Entry, quote: Quote | null, isGrouped: boolean}} PendingRow
 * @typedef {Beginning | Day | NewRow | NoticeRow | MessageRow | CallRow | RemnantRow | WritingRow | PendingRow} Row
 */

/**
 * The rows of one conversation, made where they are looked at: an event or a delta costs the rows
 * that it changes, however long the history is.
 */
export class History {
  #userId;
  #folded = new Folded();
  #folding = new Folding();
  /** @type {WeakMap<Item, {basis: unknown[], rows: Row[]}>} by items, which are others once they change */
  #made = new WeakMap();
  /** @type {Seen} */
  #seen;
  /** @type {Row[]} */
  above = [];
  /** @type {Row[]} answers in flight, and what is not stored */
  below = [];
  /** The seq of the newest event there is. */
  head = 0;
  /** The place of the first message that was not read, or -1. */
  firstNew = -1;

  /** @param {string} userId who reads */
  constructor(userId) {
    this.#userId = userId;
    this.#seen = { conversation: null, members: [], changes: [], userId, now: new Date(0) };
  }

  /** How often it has begun anew: an index stands for the same item while this stays. */
  get beginnings() {
    return this.#folded.beginnings;
  }

  /** How many items there are. */
  get count() {
    return this.#folding.items.length;
  }

  /**
   * Take over what is known by now.
   *
   * @param {Pick<Thread, "room" | "writer">} thread
   * @param {Date} now
   * @param {number | null} [readThrough] the seq below the line that tells what is new; `null` for no line
   */
  update({ room, writer }, now, readThrough = null) {
    const { pending } = writer;
    const isGone = room.phase === "gone";
    const members = room.conversation?.members ?? NOBODY;
    const changes = pending.flatMap(({ write, refusal }) => (isTargeted(write) && !refusal ? [write] : []));
    this.#seen = { conversation: room.conversation, members, changes, userId: this.#userId, now };
    this.#folding = this.#folded.of(isGone ? NOTHING : room.log.events);
    this.head = room.log.head;
    this.firstNew = readThrough === null ? -1 : this.#firstAfter(readThrough);
    this.above = isGone ? [] : aboveOf(room.log).map((above) => ({ key: "beginning", type: "beginning", above }));
    const writing = isGone ? [] : room.streams.inFlight.map((run) => writingRow(run, members));
    const waiting = pending.filter(({ write, refusal }) => write.action === "send" || refusal);
    this.below = [...writing, ...this.#pendingRows(waiting, writing.length === 0)];
  }

  /**
   * @param {number} seq
   * @returns {number} the place of the first item at or after it
   */
  placeOf(seq) {
    const { items } = this.#folding;
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((items[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * @param {number} place
   * @returns {number} the seq of the item there; 0 where there is none
   */
  seqAt(place) {
    return this.#folding.items[place]?.seq ?? 0;
  }

  /**
   * @param {number} place
   * @returns {number} the seq of the last message up to there; 0 where there is none
   */
  messageUpTo(place) {
    for (let at = place; at >= 0; at -= 1) if (this.#folding.items[at]?.type === "message") return this.seqAt(at);
    return 0;
  }

  /**
   * @param {number} seq
   * @returns {Message | undefined}
   */
  message(seq) {
    return this.#folding.message(seq);
  }

  /**
   * @param {number} place
   * @returns {Row[]} what stands for the item there; the same rows while nothing about it changes
   */
  rowsAt(place) {
    const base = this.#folding.items[place];
    if (!base) return [];
    const { conversation, members, changes, userId, now } = this.#seen;
    const own = changes.filter(({ target_seq }) => target_seq === base.seq);
    const around = {
      before: this.#folding.items[place - 1], isFirstNew: place === this.firstNew,
      quoted: base.type === "message" && base.replyTo !== null ? this.message(base.replyTo) : undefined,
    };
    const { operator, ended_at } = conversation ?? {};
    const basis = [
      ...Object.values(around), members, operator?.id, ended_at, conversation === null, now.toDateString(),
      ...own,
    ];
    const made = this.#made.get(base);
    if (made && isSame(made.basis, basis)) return made.rows;
    const foreseen = own.filter(({ action }) => FORESEEN.has(action)).map((change) => changeOf(change, userId));
    const item = base.type === "message" ? foreseenIn(base, foreseen) : base;
    const rows = itemRows(item, around, { ...this.#seen, changes: own });
    this.#made.set(base, { basis, rows });
    return rows;
  }

  /**
   * @param {number} seq
   * @returns {number} the place of the first message after it that somebody else wrote
   */
  #firstAfter(seq) {
    let place = this.placeOf(seq + 1);
    for (let item; (item = this.#folding.items[place]); place += 1) {
      if (item.type === "message" && item.sender.id !== this.#userId) return place || -1;
    }
    return -1;
  }

  /**
   * @param {Entry[]} entries
   * @param {boolean} isNext whether they come right after what is stored
   * @returns {PendingRow[]}
   */
  #pendingRows(entries, isNext) {
    const last = isNext ? this.#folding.items.at(-1) : undefined;
    let before = last?.type === "message" && last.sender.id === this.#userId ? last.at : null;
    return entries.map((entry) => {
      const replyTo = entry.write.action === "send" ? entry.write.reply_to : undefined;
      const quote = replyTo === undefined ? null : quoteOf(replyTo, this.message(replyTo));
      const isGrouped = before !== null && !quote && !entry.refusal && goesOn(before, entry.createdAt);
      before = entry.refusal ? null : entry.createdAt;
      return { key: keyOfPending(entry.clientId), type: "pending", entry, quote, isGrouped };
    });
  }
}

/**
 * @param {Pick<Thread, "room" | "writer">} thread
 * @param {string} userId
 * @param {Date} now
 * @returns {Row[]} all rows, from top to bottom
 */
export function rowsOf(thread, userId, now) {
  const history = new History(userId);
  history.update(thread, now);
  const places = [...Array(history.count).keys()];
  return [...history.above, ...places.flatMap((place) => history.rowsAt(place)), ...history.below];
}

/**
 * @param {unknown[]} before
 * @param {unknown[]} now
 */
function isSame(before, now) {
  return before.length === now.length && before.every((each, index) => each === now[index]);
}

/**
 * @param {import("../wireside/log.js").Log} log
 * @returns {Beginning["above"][]} what stands above the first row, if anything
 */
function aboveOf({ isLoaded, start, events }) {
  if (!isLoaded) return [];
  if (start > 0) return ["earlier"];
  return events.length > 0 ? ["nothing"] : [];
}
