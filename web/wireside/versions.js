/** @import {Message} from "./fold.js" */

/**
 * Mark the answers that a newer one to the same question stands in for: the newest that says
 * anything is the one to read. A deleted one stands in for nothing.
 *
 * @param {Map<number, Message>} messages by seq, ascending
 */
export function markReplaced(messages) {
  /** @type {Map<number, number>} the newest answer that says anything, by its first version */
  const newest = new Map();
  const versions = [...messages.values()].filter(({ sender }) => sender.type === "assistant");
  for (const each of versions) if (each.text !== "") newest.set(firstOf(messages, each), each.seq);
  for (const each of versions) {
    const seq = newest.get(firstOf(messages, each)) ?? 0;
    each.replacedBy = seq > each.seq && !each.isDeleted ? seq : null;
  }
}

/**
 * @param {Map<number, Message>} messages
 * @param {Message} answer
 * @returns {number} the seq of the answer that all of them go back to, as far as is known
 */
function firstOf(messages, answer) {
  let seq = answer.seq;
  for (let before; (before = messages.get(seq)?.regenerates) && before < seq; ) seq = before;
  return seq;
}
