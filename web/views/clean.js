import "../vendor/purify.js";

/** The only elements that a text can become; what stands in others stays as text. */
const TAGS = [
  "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code",
  "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s", "a", "span",
];

const ONLY = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["href", "class", "dir", "start"],
  ADD_URI_SAFE_ATTR: ["dir", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
let isSet = false;

/**
 * The one door from HTML into the page.
 *
 * @param {string} html
 * @returns {DocumentFragment} without anything that runs, loads or looks like the page's own
 */
export function clean(html) {
  // Not sooner: without a document, as in a test, the library has nothing to set.
  if (!isSet) DOMPurify.setConfig(ONLY);
  isSet = true;
  return DOMPurify.sanitize(html);
}
