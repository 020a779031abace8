/** @import {Identity} from "./wireside/identity.js" */
import { connect } from "./wireside.js";
import { Api, buyLocalToken } from "./wireside/api.js";
import { systemClock } from "./wireside/clock.js";
import { refuse } from "./wireside/errors.js";
import { forget, identityOf, remember, remembered, slug } from "./wireside/identity.js";
import { newId } from "./wireside/ids.js";
import { ParentApplication } from "./wireside/parent.js";
import { hashOf, routeOf } from "./wireside/route.js";
import { Desk } from "./views/desk.js";
import { element } from "./views/dom.js";
import { signInView } from "./views/sign-in.js";
import { errorText, failureText } from "./views/texts.js";

const LIST_EVERY_MS = 20_000;
/** How much of the list is read again without a reason: what is new stands at its top. */
const LIST_TOP = 30;
/** A conversation without a name takes one from its first message about this soon. */
const NAMED_WITHIN_MS = 1_500;
const FORGOTTEN = "forgotten";

/** @typedef {{api: string, websocket: string, sign_in: "local" | "token", parents?: string[]}} Config */

/**
 * @param {string} text a name locally, else a token
 * @param {Config} config
 * @returns {Promise<Identity>}
 */
async function identify(text, config) {
  if (config.sign_in !== "local") return identityOf(text) ?? refuse("no_token");
  const id = slug(text) || refuse("no_name");
  return { id, name: text, token: (await buyLocalToken({ sub: id, name: text })).token };
}

/**
 * Get a fresh token of somebody who is signed in, where that can be done without asking them.
 *
 * @param {Identity} identity
 * @param {Config} config
 * @returns {Promise<Identity | null>} `null` where they have to be asked
 */
async function renewed(identity, config) {
  if (parentApplication.isThere) {
    const fresh = identityOf(await parentApplication.token().catch(() => ""));
    return fresh?.id === identity.id ? fresh : null;
  }
  return config.sign_in === "local" ? identify(identity.name, config) : null;
}

/**
 * @param {Config} config
 * @param {string} notice why this is asked, empty where it is plain
 */
function welcome(config, notice) {
  const view = signInView({
    kind: config.sign_in,
    notice,
    isInvited: routeOf(location.hash).place === "join",
    failureText,
    signIn: async (text) => enter(config, await identify(text, config)),
  });
  document.body.replaceChildren(view);
}

/**
 * @param {Config} config
 * @param {Identity} identity
 */
async function enter(config, identity) {
  let current = identity;
  const ended = new AbortController();
  const { signal } = ended;
  remember(sessionStorage, current);
  const wireside = await connect({
    api: config.api, websocket: socketAddress(config), firstToken: identity.token, userId: identity.id,
    token: async () => (await renewed(current, config))?.token ?? null,
  });
  const desk = new Desk({ user: identity, wireside, hasNames: config.sign_in === "local", signOut: leave, deleteMe });
  wireside.on("state", showState);
  wireside.on("change", () => desk.render());
  wireside.on("activity", (frame) => void ((frame === null || desk.inbox.follow(frame, { isShown: !document.hidden })) && refresh(frame ? LIST_TOP : undefined)));
  wireside.on("draft", ({ conversationId, draft }) => desk.draft(conversationId, draft));
  wireside.on("token", (token) => remember(sessionStorage, (current = { ...current, token })));
  wireside.on("storage", ({ isSafe }) => desk.status.tellStorage(isSafe));
  wireside.on("signedout", ({ code }) => (code === FORGOTTEN ? forgotten() : left(code ? errorText(code) : "")));
  wireside.on("failure", ({ code }) => failed(code));
  wireside.on("events", ({ conversationId, events }) => {
    desk.tell(conversationId, events);
    if (events.some(({ kind, n }) => kind === "message" && n === 1)) setTimeout(() => void refresh(LIST_TOP), NAMED_WITHIN_MS);
  });

  function leave() {
    wireside.signOut();
    left("");
  }

  async function deleteMe() {
    await wireside.deleteMe();
    forgotten();
  }

  function forgotten() {
    history.replaceState(null, "", hashOf({ place: "list" }));
    left(errorText(FORGOTTEN));
  }

  /** @param {string} notice why, empty where it is plain */
  function left(notice) {
    ended.abort();
    forget(sessionStorage);
    document.title = "Wireside";
    welcome(config, notice);
  }

  function showState() {
    desk.status.render(wireside.state, navigator.onLine);
  }

  /** @param {number} [limit] */
  async function refresh(limit) {
    await desk.inbox.refresh(limit).catch((error) => wireside.report(error));
  }

  /** @param {string} code what fails in the background is tried again there */
  function failed(code) {
    if (code === "rate_limited") desk.status.tellCrowded();
    else if (code === "not_allowed") (wireside.stop(), left(errorText(code)));
  }

  function route() {
    const to = routeOf(location.hash);
    if (to.place === "shared") return location.reload();
    if (to.place === "join") return void desk.join(to.token);
    if (to.place === "list") return desk.show(null);
    if (to.id !== desk.shownId) desk.show(to.id);
    if (to.seq === null) return;
    desk.goTo(to.seq);
    // So that the same link leads there again.
    history.replaceState(null, "", hashOf({ ...to, seq: null }));
  }

  document.body.replaceChildren(desk.node);
  addEventListener("hashchange", route, { signal });
  addEventListener("online", showState, { signal });
  addEventListener("offline", showState, { signal });
  addEventListener("beforeunload", (event) => void (wireside.isUnsent && !wireside.storage.isSafe && event.preventDefault()), { signal });
  document.addEventListener("visibilitychange", () => document.hidden || void refresh(), { signal });
  const timer = setInterval(() => document.hidden || void refresh(LIST_TOP), LIST_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  showState();
  desk.status.tellStorage(wireside.storage.isSafe);
  route();
  void refresh();
}

/**
 * @param {Config} config
 * @returns {string}
 */
function socketAddress({ websocket }) {
  const address = new URL(websocket, location.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}

const config = await (await fetch("config.json", { cache: "no-store" })).json();
const parentApplication = new ParentApplication(window, config.parents ?? [], systemClock);
const shared = routeOf(location.hash);
if (shared.place === "shared") await showShared(config, shared.token);
else await begin();

async function begin() {
  const known = parentApplication.isThere ? await fromParent() : remembered(sessionStorage);
  if (known) await enter(config, known);
  else welcome(config, "");
}

/**
 * Show what somebody shared, to anybody. The token is in no request's address but that of what it stands for.
 *
 * @param {Config} config
 * @param {string} token
 */
async function showShared({ api: base }, token) {
  document.head.append(element("meta", { name: "robots", content: "noindex" }));
  // Who is signed in never needs it: it is no part of their first load.
  const { SharedView } = await import("./views/shared.js");
  const view = new SharedView(new Api({ base, token: () => "", newId, clock: systemClock }), token);
  document.body.replaceChildren(view.node);
  addEventListener("hashchange", () => location.reload());
  await view.load();
}

/** @returns {Promise<Identity | null>} whoever is signed in to the application around this page */
async function fromParent() {
  return identityOf(await parentApplication.token().catch(() => ""));
}
