/** @import {Call} from "./calls.js" */
/** @import {Result} from "./results.js" */
/** @import {Event, Sender} from "./types.js" */
import { Calls } from "./calls.js";
import { resultsIn } from "./results.js";
import { replacedAnew, Versions } from "./versions.js";

/**
 * What a person sees of the log, in its order: messages with their later edits, deletions and
 * reactions applied, what was cut off by a takeover or the end, and notices of everything else.
 * An item's `seq` is that of its event.
 *
 * @typedef {{
 *   type: "message", seq: number, at: string, sender: Sender, text: string, isDeleted: boolean,
 *   isEdited: boolean, isTruncated: boolean, reactions: Record<string, string[]>,
 *   finishReason: string | null, model: string | null, regenerates: number | null,
 *   replacedBy: number | null, results: Result[], replyTo: number | null, mentions: string[],
 *   runId: string | null, clientId: string | null,
 * }} Message `reactions` are user ids by emoji; `replacedBy` is the seq of a newer answer, `replyTo`
 *   of the message that it quotes; `mentions` are ids of people and assistants.
 * @typedef {{
 *   type: "remnant", seq: number, at: string, runId: string, participant: string, text: string,
 * }} Remnant What an assistant had said when it was silenced.
 * @typedef {{type: "notice", seq: number, at: string, kind: string, sender: Sender, body: Record<string, any>}} Notice
 * @typedef {Message | Remnant | Notice | Call} Item
 *
 * @typedef {{kind: string, userId: string, body: Record<string, any>}} Change One that an event
 *   makes to a message, `body["target_seq"]`.
 */

const SILENT = new Set(["tool_result", "file_added", "file_ready"]);
const NOTICED = new Set([
  "run_failed", "joined", "left", "removed", "titled", "model_selected", "reply_policy_set", "regenerate_requested",
  "help_requested", "help_resolved", "taken_over", "released", "ended", "approved", "file_rejected",
]);

/** What is left of a message whose sender, or somebody who may, has deleted it. */
const DELETED = {
  text: "", isDeleted: true, isEdited: false, isTruncated: false, finishReason: null, model: null, regenerates: null,
  results: [], replyTo: null, mentions: [],
};

/**
 * A window of the log that is folded as it grows: an event costs what it changes, however long the
 * log is. An item that changes is another object from then on.
 */
export class Folding {
  /** @type {Item[]} ascending */
  items = [];
  /** @type {Map<number, number>} where messages and calls stand in `items`, by seq */
  #places = new Map();
  #calls = new Calls();
  #versions = new Versions();

  /** @param {Event} event the next one */
  add(event) {
    for (const call of this.#calls.take(event)) this.#put(call);
    for (const item of itemsOf(event)) this.#put(item);
    const own = this.message(event.seq);
    if (own?.sender.type === "assistant") this.#versions.add(own);
    const changed = changedBy(this.message(event.body["target_seq"]), { ...event, userId: event.sender.id });
    if (changed) this.#put(changed);
    // What is left of a deleted answer does not say any more which one it stood in for.
    if (changed?.isDeleted) this.#versions = new Versions(this.#answers());
    if (changed?.isDeleted) for (const { seq } of this.#answers()) this.#mark(seq);
    else this.#mark((changed ?? own)?.seq);
  }

  /**
   * @param {number | undefined} seq
   * @returns {Message | undefined}
   */
  message(seq) {
    const item = this.items[this.#places.get(seq ?? 0) ?? -1];
    return item?.type === "message" ? item : undefined;
  }

  /**
   * @param {Change[]} changes that are foreseen, in their order, of whatever messages
   * @returns {Item[]} the items as they then are, in an array of their own
   */
  foreseeing(changes) {
    const items = [...this.items];
    for (const seq of new Set(changes.map(({ body }) => body["target_seq"]))) {
      const message = this.message(seq);
      if (message) items[this.#places.get(seq) ?? 0] = foreseenIn(message, changes);
    }
    return items;
  }

  /** @param {Item} item a new one, or one in place of what it was */
  #put(item) {
    const place = this.#places.get(item.seq);
    if (place !== undefined) this.items[place] = item;
    else if (item.type === "message" || item.type === "call") this.#places.set(item.seq, this.items.length);
    if (place === undefined) this.items.push(item);
  }

  #answers() {
    return this.items.filter((item) => item.type === "message").filter(({ sender }) => sender.type === "assistant");
  }

  /** @param {number | undefined} seq of an answer that was added or changed */
  #mark(seq) {
    const versions = seq === undefined ? [] : this.#versions.of(seq);
    for (const each of replacedAnew(versions.flatMap((version) => this.message(version) ?? []))) this.#put(each);
  }
}

/** What a window that is looked at again and again looks like: only what joined its end since is folded. */
export class Folded {
  #folding = new Folding();
  /** @type {Event[]} what is folded; an array that is another one begins anew */
  #events = [];
  #done = 0;
  /** How often it has begun anew: an index stands for the same item while this stays. */
  beginnings = 0;

  /**
   * @param {Event[]} events which grow at their end, or are another array
   * @returns {Folding}
   */
  of(events) {
    if (events !== this.#events || events.length < this.#done) this.#beginAnew(events);
    for (; this.#done < events.length; this.#done += 1) {
      const event = events[this.#done];
      if (event) this.#folding.add(event);
    }
    return this.#folding;
  }

  /** @param {Event[]} events */
  #beginAnew(events) {
    this.#events = events;
    this.#done = 0;
    this.#folding = new Folding();
    this.beginnings += 1;
  }
}

/**
 * @param {Event[]} events a contiguous window, ascending
 * @param {Change[]} [foreseen] what the reader has asked for and the log does not have yet
 * @returns {Item[]} ascending
 */
export function fold(events, foreseen = []) {
  const folding = new Folding();
  for (const event of events) folding.add(event);
  return folding.foreseeing(foreseen);
}

/**
 * @param {Message} message
 * @param {Change[]} changes in their order, of whatever messages
 * @returns {Message} the same object where none of them changes it
 */
export function foreseenIn(message, changes) {
  const own = changes.filter(({ body }) => body["target_seq"] === message.seq);
  return own.reduce((changed, change) => changedBy(changed, change) ?? changed, message);
}

/**
 * @param {Event} event
 * @returns {Item[]} nothing for what only changes a message, or is for machines
 */
function itemsOf(event) {
  const { seq, at, kind, sender, body } = event;
  if (kind === "message") return [messageOf(event)];
  if (SILENT.has(kind) || !NOTICED.has(kind)) return [];
  return [...remnantsOf(event), { type: "notice", seq, at, kind, sender, body }];
}

/**
 * @param {Event} event
 * @returns {Remnant[]} one for each run that had said something when this event ended it
 */
function remnantsOf({ seq, at, body }) {
  /** @type {{run_id: string, participant: string, text: string}[]} */
  const stopped = body["stopped_runs"] ?? [];
  return stopped
    .filter(({ text }) => text !== "")
    .map(({ run_id: runId, participant, text }) => ({ type: "remnant", seq, at, runId, participant, text }));
}

/**
 * @param {Message | undefined} target
 * @param {Change} change
 * @returns {Message | null} the message as it is from then on, if that changes it
 */
export function changedBy(target, { kind, userId, body }) {
  if (!target || target.isDeleted) return null;
  if (kind === "edited" && body["deleted"] !== true) return { ...target, text: body["text"], isEdited: true };
  if (kind === "deleted") return { ...target, ...DELETED, reactions: {}, replacedBy: null };
  return kind === "reacted" ? { ...target, reactions: reacted(target.reactions, userId, body) } : null;
}

/**
 * @param {Record<string, string[]>} before
 * @param {string} userId
 * @param {Record<string, any>} body
 * @returns {Record<string, string[]>}
 */
function reacted(before, userId, { emoji, on }) {
  // A reaction may be any word, also one that every object knows.
  const reactions = new Map(Object.entries(before));
  const others = (reactions.get(emoji) ?? []).filter((id) => id !== userId);
  const who = on ? [...others, userId] : others;
  if (who.length > 0) reactions.set(emoji, who);
  else reactions.delete(emoji);
  return Object.fromEntries(reactions);
}

/**
 * @param {Event} event
 * @returns {Message}
 */
function messageOf({ seq, at, sender, body, truncated, client_id: clientId }) {
  /** @type {Message} */
  const message = {
    type: "message",
    seq,
    at,
    sender,
    text: body["text"],
    isDeleted: false,
    isEdited: false,
    isTruncated: truncated === true,
    reactions: {},
    finishReason: body["finish_reason"] ?? null,
    model: body["model"] ?? null,
    regenerates: body["regenerates"] ?? null,
    replacedBy: null,
    results: resultsIn(body),
    replyTo: body["reply_to"] ?? null,
    mentions: body["mentions"] ?? [],
    runId: body["run_id"] ?? null,
    clientId: clientId ?? null,
  };
  return body["deleted"] === true ? { ...message, ...DELETED } : message;
}
