/**
 * What every shelf keeps to: the same suite runs in Node and, on IndexedDB itself, in Chromium.
 * It needs nothing but the language.
 *
 * @param {string} clientId
 */
export function entry(clientId, text = clientId) {
  return {
    conversationId: "c1", clientId, write: { action: "send", text }, seenIn: null, createdAt: "", afterSeq: 7, epoch: "1.a",
    refusal: null,
  };
}

function equal(found, wanted) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

/** Each gets how to open the shelf: every time it is asked, as another page would see it. */
export const CONTRACT = {
  "what is written is there for the next page, in its order": async (open) => {
    await open().write({ "wireside.outbox.ana.t1": [entry("b"), entry("a", "\u{1F525} é\n")] });
    equal(await open().read("wireside.outbox.ana.t1"), [entry("b"), entry("a", "\u{1F525} é\n")]);
  },
  "a box that nobody wrote is empty": async (open) => {
    equal(await open().read("wireside.outbox.ana.none"), []);
  },
  "boxes are found by the beginning of their name, and by no other": async (open) => {
    await open().write({ "wireside.outbox.ana.t1": [entry("a")], "wireside.outbox.ana.t2": [entry("b")], "wireside.outbox.anabel.t3": [entry("c")] });
    equal((await open().names("wireside.outbox.ana.")).sort(), ["wireside.outbox.ana.t1", "wireside.outbox.ana.t2"]);
  },
  "an empty list leaves nothing behind": async (open) => {
    await open().write({ "wireside.outbox.ana.t1": [entry("a")] });
    await open().write({ "wireside.outbox.ana.t1": [] });
    equal(await open().names("wireside.outbox."), []);
  },
  "what one box takes over from another is in one of both at any time": async (open) => {
    const shelf = open();
    await shelf.write({ "wireside.outbox.ana.old": [entry("a")] });
    await shelf.write({ "wireside.outbox.ana.old": [], "wireside.outbox.ana.new": [entry("a")] });
    equal(await open().names("wireside.outbox."), ["wireside.outbox.ana.new"]);
  },
  "later writes come after earlier ones, waited for or not": async (open) => {
    const shelf = open();
    const writes = [1, 2, 3, 4, 5].map((count) => shelf.write({ "wireside.outbox.ana.t1": [entry(`v${count}`)] }));
    await Promise.all(writes);
    equal(await open().read("wireside.outbox.ana.t1"), [entry("v5")]);
  },
  "what is kept is what was handed over, whatever becomes of that": async (open) => {
    const shelf = open();
    const mine = entry("a");
    await shelf.write({ "wireside.outbox.ana.t1": [mine] });
    mine.write.text = "changed";
    equal((await shelf.read("wireside.outbox.ana.t1"))[0].write.text, "a");
  },
};
