import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../web/wireside/backoff.js";
import { chance } from "./fakes.mjs";

const CLIENTS = 1_000;
const DELAYS = { baseMs: 500, capMs: 30_000 };

const backoffs = (random) => Array.from({ length: CLIENTS }, () => new Backoff({ random }, DELAYS));

/** How many times fall into each of `parts` equal parts of the first `endMs` milliseconds. */
function histogram(times, endMs, parts) {
  const counts = Array.from({ length: parts }, () => 0);
  for (const time of times) counts[Math.floor((time / endMs) * parts)] += 1;
  return counts;
}

test("a delay is anything from nothing to the doubled one, up to 30 s (fault 19)", () => {
  const ceilings = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000];
  const [shortest, longest] = [() => 0, () => 1 - 2 ** -53].map((random) => new Backoff({ random }, DELAYS));

  assert.deepEqual(ceilings.map(() => shortest.next()), ceilings.map(() => 0));
  assert.deepEqual(ceilings.map(() => Math.ceil(longest.next())), ceilings);
  longest.reset();
  assert.equal(Math.ceil(longest.next()), 500);
});

test("after any number of attempts the delay is no more than 30 s (fault 19)", () => {
  const backoff = new Backoff({ random: () => 1 - 2 ** -53 }, DELAYS);

  for (let attempt = 0; attempt < 5_000; attempt += 1) assert.ok(backoff.next() <= 30_000);
});

test("a thousand clients that fall at once come back all over the delay (fault 19)", () => {
  const clients = backoffs(chance(7));

  for (const ceilingMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const counts = histogram(clients.map((each) => each.next()), ceilingMs, 10);
    assert.ok(Math.min(...counts) > 60 && Math.max(...counts) < 140, `${ceilingMs} ms: ${counts}`);
  }
});

test("a service that takes fifty a second has all thousand back within two minutes, and is asked less and less (fault 19)", () => {
  const due = backoffs(chance(11)).map((backoff) => ({ backoff, at: backoff.next() }));
  const asked = [];
  const taken = new Map();

  while (due.length > 0 && asked.length < 100 * CLIENTS) {
    due.sort((one, other) => other.at - one.at);
    const next = due.pop();
    const second = Math.floor(next.at / 1_000);
    asked.push(next.at);
    if ((taken.get(second) ?? 0) < 50) taken.set(second, (taken.get(second) ?? 0) + 1);
    else due.push({ backoff: next.backoff, at: next.at + next.backoff.next() });
  }

  const lastMs = asked.at(-1);
  const [early, late] = [asked.filter((at) => at < 10_000).length, asked.filter((at) => at >= 10_000 && at < 20_000).length];
  assert.equal([...taken.values()].reduce((sum, each) => sum + each, 0), CLIENTS);
  assert.ok(lastMs < 120_000, `${lastMs} ms`);
  assert.ok(late < early / 2, `${early}, then ${late}`);
});
