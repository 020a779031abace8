/** @import {Identity} from "./wireside/identity.js" */
import { Api, buyLocalToken, refuse, RequestFailed } from "./wireside/api.js";
import { Client } from "./wireside/client.js";
import { systemClock } from "./wireside/clock.js";
import { forget, identityOf, remember, remembered, slug } from "./wireside/identity.js";
import { ParentApplication } from "./wireside/parent.js";
import { hashOf, routeOf } from "./wireside/route.js";
import { outboxKey } from "./wireside/tab.js";
import { Desk } from "./views/desk.js";
import { element } from "./views/dom.js";
import { SharedView } from "./views/shared.js";
import { signInView } from "./views/sign-in.js";
import { errorText, failureText } from "./views/texts.js";

const LIST_EVERY_MS = 20_000;
/** A conversation without a name takes one from its first message about this soon. */
const NAMED_WITHIN_MS = 1_500;


/** @typedef {{api: string, websocket: string, sign_in: "local" | "token", parents?: string[]}} Config */

/** @returns {string} 128 random bits, URL-safe */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

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
  let isRenewing = false;
  /** Why the token is of no use any more, while no fresh one has come; empty for one that is. */
  let overFor = "";
  const ended = new AbortController();
  remember(sessionStorage, current);
  const api = new Api({ base: config.api, token: () => current.token, newId, clock: systemClock });
  const desk = new Desk({
    user: identity, api, drafts: localStorage, hasNames: config.sign_in === "local", signOut: () => leave(""),
  });
  const locks = "locks" in navigator ? navigator.locks : undefined;
  const key = await outboxKey({ userId: identity.id, session: sessionStorage, local: localStorage, locks, newId });
  const client = new Client(
    {
      api, newId, userId: identity.id, shelf: localStorage, outboxKey: key, clock: systemClock,
      address: () => ({ url: socketAddress(config), token: current.token }),
      dial: (url, protocols) => new WebSocket(url, protocols),
    },
    {
      onState: showState,
      onThread: () => desk.render(),
      onEntered: (id, events) => {
        desk.tell(id, events);
        if (events.some(({ kind, n }) => kind === "message" && n === 1)) setTimeout(() => void refresh(), NAMED_WITHIN_MS);
      },
      onActivity: (frame) => void ((frame === null || desk.inbox.follow(frame)) && refresh()),
      onExpired: () => void renew({ overFor: "token_expired" }),
      onTokenWanted: ({ isOver }) => void renew({ overFor: isOver ? "token_expired" : "" }),
      onNotWelcome: () => void api.ticket().catch(failed),
      onFailure: failed,
    },
  );

  /** @param {string} notice */
  function leave(notice) {
    ended.abort();
    client.stop();
    forget(sessionStorage);
    welcome(config, notice);
  }

  function showState() {
    desk.status.render(client.state, navigator.onLine);
  }

  async function refresh() {
    await desk.inbox.refresh().catch(failed);
  }

  /** @param {unknown} error what fails in the background is tried again there; only a sign-in cannot be */
  function failed(error) {
    const code = error instanceof RequestFailed ? error.refusal.code : "";
    if (code === "unauthorized" || code === "token_expired") void renew({ overFor: code });
    else if (code === "rate_limited") desk.status.tellCrowded();
    else if (code === "not_allowed") leave(errorText(code));
    else if (!code) throw error;
  }

  /**
   * Get a fresh token where that can be done without asking; else ask, once the old one is over.
   *
   * @param {{overFor: string}} token why it is of no use any more; empty while it is
   */
  async function renew(token) {
    overFor ||= token.overFor;
    if (ended.signal.aborted || isRenewing) return;
    isRenewing = true;
    try {
      const fresh = await renewed(current, config);
      if (fresh) carryOnAs(fresh);
      else if (overFor) leave(errorText(overFor));
    } catch {
      // Out of reach: the next attempt to connect asks again.
    }
    isRenewing = false;
  }

  /** @param {Identity} fresh */
  function carryOnAs(fresh) {
    if (ended.signal.aborted) return;
    current = fresh;
    overFor = "";
    remember(sessionStorage, current);
    client.refresh(current.token);
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

  desk.serve(client);
  document.body.replaceChildren(desk.node);
  const { signal } = ended;
  addEventListener("hashchange", route, { signal });
  addEventListener("online", () => (showState(), client.wake()), { signal });
  addEventListener("offline", showState, { signal });
  document.addEventListener("visibilitychange", () => document.hidden || (client.wake(), void refresh()), { signal });
  const timer = setInterval(() => document.hidden || void refresh(), LIST_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  route();
  client.wake();
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
  const view = new SharedView(new Api({ base, token: () => "", newId, clock: systemClock }), token);
  document.body.replaceChildren(view.node);
  addEventListener("hashchange", () => location.reload());
  await view.load();
}

/** @returns {Promise<Identity | null>} whoever is signed in to the application around this page */
async function fromParent() {
  return identityOf(await parentApplication.token().catch(() => ""));
}
