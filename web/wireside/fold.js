/** @import {Event, Sender} from "./types.js" */

/**
 * What a person sees of the log, in its order: messages with their later edits, deletions and
 * reactions applied, and notices of everything else. An item's `seq` is that of its event.
 *
 * @typedef {{
 *   type: "message", seq: number, at: string, sender: Sender, text: string, isDeleted: boolean,
 *   isEdited: boolean, isTruncated: boolean, reactions: Record<string, string[]>,
 *   finishReason: string | null, model: string | null,
 * }} Message `reactions` are user ids by emoji.
 * @typedef {{type: "notice", seq: number, at: string, kind: string, sender: Sender, body: Record<string, any>}} Notice
 * @typedef {Message | Notice} Item
 */

const SILENT = new Set(["tool_called", "tool_result", "file_added", "file_ready", "regenerate_requested"]);
const NOTICED = new Set([
  "run_failed", "joined", "left", "removed", "titled", "model_selected", "reply_policy_set", "help_requested",
  "help_resolved", "taken_over", "released", "ended", "approved", "file_rejected",
]);

/**
 * @param {Event[]} events a contiguous window, ascending
 * @returns {Item[]} ascending
 */
export function fold(events) {
  /** @type {Map<number, Item>} */
  const items = new Map();
  for (const event of events) apply(items, event);
  return [...items.values()];
}

/**
 * @param {Map<number, Item>} items
 * @param {Event} event
 */
function apply(items, event) {
  if (event.kind === "message") items.set(event.seq, messageOf(event));
  else if (NOTICED.has(event.kind)) items.set(event.seq, noticeOf(event));
  else if (!SILENT.has(event.kind)) change(items.get(event.body["target_seq"]), event);
}

/**
 * @param {Item | undefined} target
 * @param {Event} event
 */
function change(target, { kind, sender, body }) {
  if (target?.type !== "message" || target.isDeleted) return;
  if (kind === "edited") Object.assign(target, { text: body["text"], isEdited: true });
  if (kind === "deleted") Object.assign(target, { text: "", isDeleted: true, reactions: {} });
  if (kind === "reacted") react(target, sender.id, body);
}

/**
 * @param {Message} message
 * @param {string} userId
 * @param {Record<string, any>} body
 */
function react(message, userId, { emoji, on }) {
  const others = (message.reactions[emoji] ?? []).filter((id) => id !== userId);
  const who = on ? [...others, userId] : others;
  if (who.length > 0) message.reactions[emoji] = who;
  else delete message.reactions[emoji];
}

/**
 * @param {Event} event
 * @returns {Message}
 */
function messageOf({ seq, at, sender, body, truncated }) {
  return {
    type: "message",
    seq,
    at,
    sender,
    text: body["text"],
    isDeleted: body["deleted"] === true,
    isEdited: false,
    isTruncated: truncated === true,
    reactions: {},
    finishReason: body["finish_reason"] ?? null,
    model: body["model"] ?? null,
  };
}

/**
 * @param {Event} event
 * @returns {Notice}
 */
function noticeOf({ seq, at, kind, sender, body }) {
  return { type: "notice", seq, at, kind, sender, body };
}
