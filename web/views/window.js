/** How many items are in the document at once. Each has at most two rows: itself, and a day above it. */
export const SPAN = 96;
/** How many of them are beyond what is in sight before others take their place. */
const SPARE = 12;

/**
 * @typedef {{from: number, to: number}} Places From the first, up to before the second.
 *
 * @param {Places} inSight
 * @param {number} count of all
 * @returns {Places} what is to be in the document: as much above as below
 */
export function windowAround(inSight, count) {
  const span = Math.max(SPAN, inSight.to - inSight.from + 2 * SPARE);
  const middle = Math.floor((inSight.from + inSight.to) / 2);
  const from = Math.max(0, Math.min(middle - Math.floor(span / 2), count - span));
  return { from, to: Math.min(count, from + span) };
}

/**
 * @param {Places} window
 * @param {Places} inSight
 * @param {number} count of all
 * @returns {boolean} whether the window has to move before its edge comes into sight
 */
export function isOutside({ from, to }, inSight, count) {
  if (count <= SPAN) return from > 0 || to !== count;
  const isTooLow = from > Math.max(0, inSight.from - SPARE);
  const isTooHigh = to < Math.min(count, inSight.to + SPARE);
  return isTooLow || isTooHigh || to > count || to - from > 2 * SPAN;
}
