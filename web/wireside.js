/**
 * The JavaScript client of Wireside: copy this file and the directory beside it. There is nothing
 * to build and nothing to install; it runs in browsers and in Node 22 and later.
 *
 *     import { connect } from "./wireside.js";
 *
 *     const wireside = await connect({
 *       api: "https://chat.example.com",
 *       websocket: "wss://chat.example.com/prod",
 *       token: async () => (await fetch("/my/token")).text(),
 *     });
 *     const room = wireside.open("a conversation's id");
 *     room.on("change", () => console.log(room.messages, room.answers, room.pending));
 *     await room.send("Hello");
 *
 * See docs/clients.md.
 *
 * @module
 */
export { connect, Wireside } from "./wireside/wireside.js";
export { WiresideError } from "./wireside/errors.js";
export { Thread } from "./wireside/thread.js";
export { Api, buyLocalToken } from "./wireside/api.js";
export { identityOf } from "./wireside/identity.js";
export { fold } from "./wireside/fold.js";
export { IndexedShelf } from "./wireside/indexed-shelf.js";
export { LocalShelf, MemoryShelf } from "./wireside/shelf.js";

/**
 * @typedef {import("./wireside/wireside.js").Options} Options
 * @typedef {import("./wireside/wireside.js").Told} Told what `Wireside` tells, by name
 * @typedef {import("./wireside/thread.js").ThreadEvents} ThreadEvents what `Thread` tells, by name
 * @typedef {import("./wireside/connection.js").State} State
 * @typedef {import("./wireside/room.js").Phase} Phase
 * @typedef {import("./wireside/fold.js").Item} Item
 * @typedef {import("./wireside/fold.js").Message} Message
 * @typedef {import("./wireside/streams.js").Run} Run
 * @typedef {import("./wireside/outbox.js").Entry} Entry
 * @typedef {import("./wireside/shelf.js").Shelf} Shelf
 * @typedef {import("./wireside/writes.js").Write} Write
 * @typedef {import("./wireside/types.js").Event} Event
 * @typedef {import("./wireside/types.js").Conversation} Conversation
 * @typedef {import("./wireside/types.js").Refusal} Refusal
 */
