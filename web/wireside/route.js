/**
 * Where in the page somebody is, by what stands after the `#` of its address: servers never see that.
 *
 * @typedef {{place: "list"} | {place: "conversation", id: string, seq: number | null}
 *   | {place: "join", token: string} | {place: "shared", token: string}} Route
 */

const CONVERSATION = /^#\/c\/([\w-]+)(?:\/([1-9]\d{0,9}))?$/;
const TOKEN = /^#\/(join|shared)\/([\w.-]{1,256})$/;

/**
 * @param {string} hash for example `#/c/abc/12`
 * @returns {Route} the list for everything that is no place
 */
export function routeOf(hash) {
  const conversation = CONVERSATION.exec(hash);
  if (conversation) return { place: "conversation", id: conversation[1] ?? "", seq: conversation[2] ? Number(conversation[2]) : null };
  const [, place, token = ""] = TOKEN.exec(hash) ?? [];
  return place === "join" || place === "shared" ? { place, token } : { place: "list" };
}

/**
 * @param {Route} route
 * @returns {string} what stands in the address for it
 */
export function hashOf(route) {
  if (route.place === "list") return "#/";
  if (route.place !== "conversation") return `#/${route.place}/${route.token}`;
  return `#/c/${route.id}${route.seq === null ? "" : `/${route.seq}`}`;
}

/**
 * @param {Route} route
 * @param {string} page the address of the page, whatever stands after its `#`
 * @returns {string} a link to give away
 */
export function linkTo(route, page) {
  const link = new URL(page);
  link.hash = hashOf(route);
  return link.href;
}
