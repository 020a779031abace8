/** @import {Thread} from "../wireside/client.js" */
/** @import {Item, Message, Notice} from "../wireside/fold.js" */
/** @import {Entry} from "../wireside/outbox.js" */
/** @import {Sender} from "../wireside/types.js" */
import { fold } from "../wireside/fold.js";
import { dayOf } from "./texts.js";

const GROUPED_WITHIN_MS = 5 * 60_000;

/**
 * What stands in the timeline, from top to bottom. Rows with the same `key` are the same row.
 *
 * @typedef {{key: string, type: "beginning", above: "nothing" | "earlier" | "loading"}} Beginning
 * @typedef {{key: string, type: "day", text: string}} Day
 * @typedef {{key: string, type: "notice", notice: Notice}} NoticeRow
 * @typedef {{key: string, type: "message", message: Message, isMine: boolean, isGrouped: boolean}} MessageRow
 * @typedef {{
 *   key: string, type: "writing", sender: Sender, text: string, isCut: boolean, isRetrying: boolean,
 * }} WritingRow
 * @typedef {{key: string, type: "pending", entry: Entry}} PendingRow
 * @typedef {Beginning | Day | NoticeRow | MessageRow | WritingRow | PendingRow} Row
 */

/**
 * @param {Thread} thread
 * @param {string} userId
 * @param {Date} now
 * @returns {Row[]}
 */
export function rowsOf({ room, writer }, userId, now) {
  if (room.phase === "gone") return writer.pending.map(pendingRow);
  /** @type {Row[]} */
  const rows = aboveOf(room.log).map((above) => ({ key: "beginning", type: "beginning", above }));
  const items = fold(room.log.events);
  items.forEach((item, index) => rows.push(...itemRows(item, items[index - 1], userId, now)));
  for (const run of room.streams.inFlight) {
    const sender = participant(room.conversation?.members ?? [], run.participant);
    const isRetrying = run.state === "retrying";
    rows.push({
      key: `run-${run.runId}`, type: "writing", sender, text: run.text, isCut: run.offset > 0, isRetrying,
    });
  }
  return [...rows, ...writer.pending.map(pendingRow)];
}

/**
 * @param {import("../wireside/log.js").Log} log
 * @returns {Beginning["above"][]} what stands above the first row, if anything
 */
function aboveOf({ isLoaded, start, events }) {
  if (!isLoaded) return ["loading"];
  if (start > 0) return ["earlier"];
  return events.length > 0 ? ["nothing"] : [];
}

/**
 * @param {Item} item
 * @param {Item | undefined} before
 * @param {string} userId
 * @param {Date} now
 * @returns {Row[]}
 */
function itemRows(item, before, userId, now) {
  /** @type {Row[]} */
  const rows = [];
  const day = dayOf(item.at, now);
  const isNewDay = before === undefined || dayOf(before.at, now) !== day;
  if (isNewDay) rows.push({ key: `day-${item.seq}`, type: "day", text: day });
  const key = `seq-${item.seq}`;
  if (item.type === "notice") return [...rows, { key, type: "notice", notice: item }];
  const isGrouped = !isNewDay && isContinued(before, item);
  return [...rows, { key, type: "message", message: item, isMine: item.sender.id === userId, isGrouped }];
}

/**
 * @param {Item | undefined} before
 * @param {Message} message
 * @returns {boolean} whether the same person goes on talking
 */
function isContinued(before, message) {
  if (before?.type !== "message" || before.sender.id !== message.sender.id) return false;
  if (message.sender.type === "assistant" || before.sender.type !== message.sender.type) return false;
  return Date.parse(message.at) - Date.parse(before.at) < GROUPED_WITHIN_MS;
}

/**
 * @param {Entry} entry
 * @returns {PendingRow}
 */
function pendingRow(entry) {
  return { key: `pending-${entry.clientId}`, type: "pending", entry };
}

/**
 * @param {Sender[]} members
 * @param {string} id
 * @returns {Sender}
 */
function participant(members, id) {
  const found = members.find((member) => member.id === id);
  return { id, name: found?.name ?? id.replace(/^assistant:/, ""), type: "assistant" };
}
