/**
 * Who is signed in, in this tab.
 *
 * @typedef {{id: string, name: string, token: string, expiresAt?: number}} Identity `expiresAt`: in
 *   seconds since 1970, where the token says so.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Shelf
 */

const KEY = "wireside.identity";

/**
 * @param {Shelf} shelf
 * @returns {Identity | null}
 */
export function remembered(shelf) {
  try {
    return JSON.parse(shelf.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {Shelf} shelf
 * @param {Identity} identity
 */
export function remember(shelf, identity) {
  shelf.setItem(KEY, JSON.stringify(identity));
}

/** @param {Shelf} shelf */
export function forget(shelf) {
  shelf.removeItem(KEY);
}

/**
 * The user id that a name stands for where names are all there is.
 *
 * @param {string} name
 * @returns {string} for example `ana-maria` for `Ána María`; empty where nothing is left
 */
export function slug(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const joined = plain.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return Array.from(joined).slice(0, 32).join("");
}

/**
 * Read who a token is for. Nothing is verified here: that is the service's to do.
 *
 * @param {string} token
 * @returns {Identity | null} `null` for what is no JWT
 */
export function identityOf(token) {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { sub, name, exp } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === "string" && sub ? { id: sub, name: name ?? sub, token, ...(typeof exp === "number" && { expiresAt: exp }) } : null;
  } catch {
    return null;
  }
}
