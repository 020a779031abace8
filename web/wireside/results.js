/**
 * What an answer points to. All of it is a stranger's: plain text, and addresses of the web.
 *
 * @typedef {{name: string, url: string, href: string | null, host: string, type: string, description: string}} Result
 *   `url` is what the event says, `href` what may be linked to; texts are empty where nothing is known.
 */

/**
 * @param {Record<string, any>} body of a message
 * @returns {Result[]} in its order; what has no name is left out
 */
export function resultsIn(body) {
  /** @type {unknown[]} */
  const items = Array.isArray(body["items"]) ? body["items"] : [];
  return items.flatMap((item) => resultOf(item));
}

/**
 * @param {unknown} item
 * @returns {Result[]} one, or none
 */
function resultOf(item) {
  /** @type {Record<string, unknown>} */
  const told = typeof item === "object" && item !== null ? { ...item } : {};
  const [name, url, type, description] = ["name", "url", "type", "description"].map((key) => textOf(told[key]));
  const address = addressOf(url ?? "");
  if (!name) return [];
  return [{
    name, url: url ?? "", href: address?.href ?? null, host: address?.host ?? textOf(told["site"]),
    type: type ?? "", description: description ?? "",
  }];
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : "";
}

/**
 * @param {string} url
 * @returns {URL | null} an address that may be linked to
 */
function addressOf(url) {
  const address = URL.canParse(url) ? new URL(url) : null;
  const isWeb = address !== null && /^https?:$/.test(address.protocol) && !address.username && !address.password;
  return isWeb ? address : null;
}

/**
 * @param {string} text
 * @param {Result[]} results
 * @returns {boolean} whether the text says nothing that the results do not show
 */
export function isListOf(text, results) {
  const lines = results.map(({ name, url }) => (url === "" || url === name ? `- ${name}` : `- ${name}: ${url}`));
  return results.length > 0 && text.split("\n").sort().join("\n") === lines.sort().join("\n");
}
