/** @import {Message} from "./fold.js" */

/** The answers of a window of the log, by what they answer anew. */
export class Versions {
  /** @type {Map<number, number>} the first version's seq, by seq */
  #firsts = new Map();
  /** @type {Map<number, number[]>} seqs, ascending, by the first version's */
  #chains = new Map();

  /** @param {Iterable<Message>} [answers] ascending */
  constructor(answers = []) {
    for (const answer of answers) this.add(answer);
  }

  /** @param {Message} answer newer than all before */
  add({ seq, regenerates }) {
    const before = regenerates !== null && regenerates < seq ? regenerates : seq;
    const first = this.#firsts.get(before) ?? before;
    this.#firsts.set(seq, first);
    this.#chains.set(first, [...(this.#chains.get(first) ?? []), seq]);
  }

  /**
   * @param {number} seq an answer's
   * @returns {number[]} the seqs of all answers to the same question, ascending
   */
  of(seq) {
    return this.#chains.get(this.#firsts.get(seq) ?? seq) ?? [];
  }
}

/**
 * What a newer answer to the same question stands in for: the newest that says anything is the one
 * to read. A deleted one stands in for nothing.
 *
 * @param {Message[]} versions of one answer, ascending
 * @returns {Message[]} those that are to be told otherwise than they are, as they are to be
 */
export function replacedAnew(versions) {
  const newest = versions.findLast(({ text }) => text !== "")?.seq ?? 0;
  return versions.flatMap((each) => {
    const replacedBy = newest > each.seq && !each.isDeleted ? newest : null;
    return replacedBy === each.replacedBy ? [] : [{ ...each, replacedBy }];
  });
}
