/**
 * Lengths on the wire count code points; JavaScript's count UTF-16 units.
 */

/**
 * @param {string} text
 * @returns {number} the code points in `text`
 */
export function countCodePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * @param {string} text
 * @param {number} count code points to leave out at the beginning
 * @returns {string} what is left, empty where `text` is not longer than that
 */
export function dropCodePoints(text, count) {
  let units = 0;
  for (let dropped = 0; dropped < count && units < text.length; dropped += 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(units);
}
