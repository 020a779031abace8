/** @import {Result} from "../wireside/results.js" */
import { element } from "./dom.js";

const AT_ONCE = 5;

/**
 * What an answer points to, as cards with links that leave no trace behind. Pictures are not loaded.
 *
 * @param {Result[]} results
 * @returns {HTMLElement | null}
 */
export function resultsNode(results) {
  if (results.length === 0) return null;
  const [shown, more] = [results.slice(0, AT_ONCE), results.slice(AT_ONCE)];
  return element(
    "section",
    { class: "results", "aria-label": "Results" },
    listNode(shown),
    more.length > 0 && element("details", {}, element("summary", { "data-control": "results" }, moreText(more.length)), listNode(more)),
  );
}

/** @param {number} count */
function moreText(count) {
  return count === 1 ? "One more result" : `${count} more results`;
}

/** @param {Result[]} results */
function listNode(results) {
  return element("ul", {}, ...results.map(cardNode));
}

/** @param {Result} result */
function cardNode({ name, href, host, type, description }) {
  const about = [type, host].filter((each) => each !== "").join(" · ");
  return element(
    "li",
    { class: "result" },
    href === null ? element("span", { class: "result-name", dir: "auto" }, name) : linkNode(name, href),
    about !== "" && element("p", { class: "result-about" }, about),
    description !== "" && element("p", { class: "result-description", dir: "auto" }, description),
  );
}

/**
 * @param {string} name
 * @param {string} href
 */
function linkNode(name, href) {
  const properties = { class: "result-name", dir: "auto", href, rel: "noopener noreferrer nofollow", target: "_blank" };
  return element("a", properties, name);
}
