/** @import {Named} from "../wireside/types.js" */

const MOST_OFFERED = 8;
const LONGEST_WORD = 60;
/** What is being written before the caret: an `@` that begins a word, and what follows it in the same line. */
const BEGUN = new RegExp(`(?:^|[^\\p{L}\\p{N}_@])@([^@\\n]{0,${LONGEST_WORD}})$`, "u");

/**
 * @param {string} text
 * @param {number} caret
 * @returns {{from: number, word: string} | null} where an `@` stands and what follows it, where somebody is being named
 */
export function namedAt(text, caret) {
  const word = BEGUN.exec(text.slice(0, caret))?.[1];
  return word === undefined ? null : { from: caret - word.length - 1, word };
}

/**
 * @template {Named} Member
 * @param {Member[]} members
 * @param {string} word the beginning of a name, or of a word in it
 * @returns {Member[]} who may be meant, those first whose names begin like that
 */
export function offered(members, word) {
  const wanted = fold(word);
  const first = members.filter(({ name }) => fold(name).startsWith(wanted));
  const more = members.filter((each) => !first.includes(each) && fold(each.name).split(/\s+/).some((part) => part.startsWith(wanted)));
  return [...first, ...more].slice(0, MOST_OFFERED);
}

/**
 * @param {string} text
 * @param {Named[]} members
 * @returns {string[]} ids of those whom it names with an `@`; of two that are called alike, both
 */
export function mentionedIn(text, members) {
  const longestFirst = [...members].sort((a, b) => b.name.length - a.name.length);
  let rest = text;
  const found = new Set();
  for (const { name } of longestFirst) {
    const called = callOf(name);
    if (!called || !rest.match(called)) continue;
    // Who is named "Ana Maria" is not "Ana" as well.
    rest = rest.replace(called, "\n");
    for (const each of members) if (fold(each.name) === fold(name)) found.add(each.id);
  }
  return members.filter(({ id }) => found.has(id)).map(({ id }) => id);
}

/**
 * @param {string} name
 * @returns {RegExp | null} where somebody of that name is called; `null` for a name that nobody can call
 */
export function callOf(name) {
  if (name.trim() === "") return null;
  const literal = name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_@])@${literal}(?![\\p{L}\\p{N}_])`, "giu");
}

/** @param {string} text */
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
