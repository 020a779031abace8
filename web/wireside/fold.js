/** @import {Call} from "./calls.js" */
/** @import {Result} from "./results.js" */
/** @import {Event, Sender} from "./types.js" */
import { Calls } from "./calls.js";
import { resultsIn } from "./results.js";
import { markReplaced } from "./versions.js";

/**
 * What a person sees of the log, in its order: messages with their later edits, deletions and
 * reactions applied, what was cut off by a takeover or the end, and notices of everything else.
 * An item's `seq` is that of its event.
 *
 * @typedef {{
 *   type: "message", seq: number, at: string, sender: Sender, text: string, isDeleted: boolean,
 *   isEdited: boolean, isTruncated: boolean, reactions: Record<string, string[]>,
 *   finishReason: string | null, model: string | null, regenerates: number | null,
 *   replacedBy: number | null, results: Result[],
 * }} Message `reactions` are user ids by emoji; `replacedBy` is the seq of a newer answer.
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
  results: [],
};

/**
 * @param {Event[]} events a contiguous window, ascending
 * @param {Change[]} [foreseen] what the reader has asked for and the log does not have yet
 * @returns {Item[]} ascending
 */
export function fold(events, foreseen = []) {
  /** @type {Item[]} */
  const items = [];
  /** @type {Map<number, Message>} */
  const messages = new Map();
  const calls = new Calls();
  for (const event of events) {
    const call = calls.take(event);
    items.push(...(call ? [call] : itemsOf(event)));
    const last = items.at(-1);
    if (last?.type === "message") messages.set(last.seq, last);
    apply(messages, { kind: event.kind, userId: event.sender.id, body: event.body });
  }
  for (const change of foreseen) apply(messages, change);
  markReplaced(messages);
  return items;
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
 * @param {Map<number, Message>} messages by seq
 * @param {Change} change
 */
function apply(messages, { kind, userId, body }) {
  const target = messages.get(body["target_seq"]);
  if (!target || target.isDeleted) return;
  if (kind === "edited" && body["deleted"] !== true) Object.assign(target, { text: body["text"], isEdited: true });
  if (kind === "deleted") Object.assign(target, DELETED, { reactions: {} });
  if (kind === "reacted") react(target, userId, body);
}

/**
 * @param {Message} message
 * @param {string} userId
 * @param {Record<string, any>} body
 */
function react(message, userId, { emoji, on }) {
  // A reaction may be any word, also one that every object knows.
  const reactions = new Map(Object.entries(message.reactions));
  const others = (reactions.get(emoji) ?? []).filter((id) => id !== userId);
  const who = on ? [...others, userId] : others;
  if (who.length > 0) reactions.set(emoji, who);
  else reactions.delete(emoji);
  message.reactions = Object.fromEntries(reactions);
}

/**
 * @param {Event} event
 * @returns {Message}
 */
function messageOf({ seq, at, sender, body, truncated }) {
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
  };
  return body["deleted"] === true ? { ...message, ...DELETED } : message;
}
