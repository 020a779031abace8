/**
 * @param {string} at RFC 3339
 * @returns {string} hours and minutes
 */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/**
 * @param {string} at RFC 3339
 * @returns {string} the day and the time, as long as they are
 */
export function fullTime(at) {
  return new Date(at).toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
}

/**
 * @param {string} at RFC 3339
 * @returns {string}
 */
export function fullDay(at) {
  return new Date(at).toLocaleDateString(undefined, { dateStyle: "full" });
}

/**
 * @param {string} at RFC 3339
 * @param {Date} now
 * @returns {string}
 */
export function dayOf(at, now) {
  const day = new Date(at);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (day.toDateString() === now.toDateString()) return "Today";
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  const isThisYear = day.getFullYear() === now.getFullYear();
  const year = isThisYear ? {} : { year: /** @type {const} */ ("numeric") };
  return day.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", ...year });
}

/**
 * @param {string} at RFC 3339
 * @param {Date} now
 * @returns {string} the time today, the day before that
 */
export function shortTime(at, now) {
  const day = new Date(at);
  if (day.toDateString() === now.toDateString()) return clockTime(at);
  return day.toLocaleDateString(undefined, { day: "numeric", month: "short" });
}
