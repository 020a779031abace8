import assert from "node:assert/strict";
import { test } from "node:test";
import { Keystrokes } from "../../web/wireside/keystrokes.js";
import { FakeClock } from "./fakes.mjs";

function scene() {
  const clock = new FakeClock();
  const begun = clock.now();
  const told = [];
  const keystrokes = new Keystrokes(clock, (isOn) => told.push([clock.now() - begun, isOn]) > 0);
  return { clock, told, keystrokes };
}

test("somebody who goes on writing tells so every 3 s", () => {
  const { clock, told, keystrokes } = scene();

  for (let key = 0; key < 20; key += 1) {
    keystrokes.note(true);
    clock.pass(500);
  }

  assert.deepEqual(told, [[0, true], [3_000, true], [6_000, true], [9_000, true]]);
});

test("that they stopped is told as well, and no sooner than 3 s after the last word on it", () => {
  const { clock, told, keystrokes } = scene();

  keystrokes.note(true);
  clock.pass(1_000);
  keystrokes.note(false);
  clock.pass(10_000);
  keystrokes.note(true);
  keystrokes.note(false);
  keystrokes.note(true);
  clock.pass(10_000);

  assert.deepEqual(told, [[0, true], [3_000, false], [11_000, true]]);
});

test("who never wrote tells nothing, and a message says itself that its writing is over", () => {
  const { clock, told, keystrokes } = scene();

  keystrokes.note(false);
  keystrokes.note(true);
  keystrokes.note(false);
  keystrokes.sent();
  clock.pass(1_000);
  keystrokes.note(true);
  clock.pass(10_000);

  assert.deepEqual(told, [[0, true], [3_000, true]]);
});

test("what does not go out has not been told", () => {
  const clock = new FakeClock();
  let tries = 0;
  const keystrokes = new Keystrokes(clock, () => ((tries += 1), false));

  keystrokes.note(true);
  keystrokes.note(true);

  assert.equal(tries, 2);
});
