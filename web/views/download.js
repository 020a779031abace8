import { element } from "./dom.js";

const KEPT_MS = 60_000;

/**
 * Give something to the browser to keep.
 *
 * @param {Blob} content
 * @param {string} name of the file
 */
export function save(content, name) {
  const url = URL.createObjectURL(content);
  element("a", { href: url, download: name }).click();
  // Browsers read it after the click, some of them much later.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
