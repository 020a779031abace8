/**
 * Somebody else's program, for the types alone: `tsc` reads it and nobody runs it. What has to be
 * an error says so.
 *
 * @import {Conversation, Entry, Event, Item, Message, Options, Refusal, Run, Shelf, State, Told} from "../../web/wireside.js"
 */
import { connect, MemoryShelf, Thread, Wireside, WiresideError } from "../../web/wireside.js";

/** @type {Options} */
const options = {
  api: "https://chat.example.com",
  websocket: "wss://chat.example.com/prod",
  token: async () => (await fetch("/my/token")).text(),
  shelf: new MemoryShelf(),
};
// @ts-expect-error - nobody gets in without a token
void connect({ api: "", websocket: "" });

/** @type {Wireside} */
const wireside = await connect(options);
wireside.on("state", (/** @type {State} */ state) => state === "connected");
wireside.on("signedout", ({ code }) => code.length);
wireside.on("storage", ({ isSafe, kind }) => isSafe || kind === "memory");
wireside.on("events", ({ conversationId, events: [first] }) => [conversationId.length, first?.seq.toFixed()]);
// @ts-expect-error - nothing of that name is told
wireside.on("signedOut", () => {});
// @ts-expect-error - a state is no number
wireside.on("state", (/** @type {number} */ state) => state);

/** @type {Thread} */
const room = wireside.open("id");
const end = room.on("refused", ({ clientId, refusal }) => (refusal.retryable ? room.retry(clientId) : room.discard(clientId)));
room.on("change", () => end(), { signal: new AbortController().signal });

/** @type {Event} */
const stored = await room.send("Is there soup?", { replyTo: 3, mentions: ["ben"] });
// @ts-expect-error - a message is text
void room.send(3);
// @ts-expect-error - what is answered is told by its seq
void room.send("yes", { reply_to: 3 });
await Promise.all([
  room.edit(stored.seq, "Is there any soup?"), room.react(stored.seq, "🔥"), room.react(stored.seq, "🔥", false),
  room.regenerate(4), room.approve(5, false), room.model("demo"), room.delete(stored.seq),
]);
room.stop();
room.type();
room.type(false);
room.read(stored.seq);
wireside.drafts.keep(room.id, wireside.drafts.of(room.id));

/** @type {{messages: Message[], items: Item[], answers: Run[], pending: Entry[], conversation: Conversation | null}} */
const seen = room;
for (const { text, sender, replacedBy } of seen.messages) console.log(text.trim(), sender.name, replacedBy?.toFixed());
for (const { text, participant } of seen.answers) console.log(text.trim(), participant);
if (room.hasEarlier && (await room.loadEarlier())) room.close();

try {
  wireside.open("another");
} catch (error) {
  if (error instanceof WiresideError) {
    /** @type {Refusal} */
    const { code, retry_after_ms: waitMs } = error.refusal;
    console.log(code, waitMs ?? 0, error.isRetryable);
  }
}

/** @type {Shelf} */
export const shelf = { kind: "memory", names: async () => [], read: async () => [], write: () => {} };
/** @type {Told["draft"]} */
export const draft = { conversationId: "id", draft: { text: "", replyTo: null } };
wireside.signOut();
