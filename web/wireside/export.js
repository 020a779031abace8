import { refuse } from "./errors.js";

/**
 * Read an export whole, page after page.
 *
 * @param {"json" | "md"} format
 * @param {(cursor: string) => Promise<{text: string, cursor: string}>} read empty cursors begin and end
 * @returns {Promise<string>} one document
 */
export async function gathered(format, read) {
  const texts = [];
  let cursor = "";
  do {
    const page = await read(cursor);
    texts.push(page.text);
    cursor = page.cursor;
  } while (cursor);
  return format === "md" ? texts.join("") : joined(texts);
}

/**
 * @param {string[]} texts pages in JSON
 * @returns {string} the last one, with the events of all
 */
function joined(texts) {
  const pages = texts.map((text) => JSON.parse(text));
  const last = pages.at(-1);
  // A log that was restored on the way is another one.
  if (pages.some(({ epoch }) => epoch !== last.epoch)) refuse("resync_required");
  return `${JSON.stringify({ ...last, events: pages.flatMap(({ events }) => events) }, null, 2)}\n`;
}
