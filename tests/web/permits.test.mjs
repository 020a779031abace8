import assert from "node:assert/strict";
import { test } from "node:test";
import { badges, participants } from "../../web/views/members.js";
import { permitsOf } from "../../web/views/permits.js";
import { Names } from "../../web/views/shared.js";
import { flagsOf, matches } from "../../web/views/texts.js";
import { ANA, BEN, conversation, DEMO } from "./fakes.mjs";

const OLGA = { id: "olga", name: "Olga" };
const HERE = conversation({ members: [{ ...BEN, role: "member" }, { ...ANA, role: "owner" }, { ...DEMO, role: "member" }] });

const allowed = (permits) => Object.entries(permits).filter(([, may]) => may).map(([name]) => name).join(" ");
const of = (id, more = {}, roles = ["user"]) => allowed(permitsOf({ ...HERE, ...more }, { id, roles }));

test("owners have everything, members only what concerns themselves", () => {
  assert.equal(of("ana"), "change remove leave end delete share save");
  assert.equal(of("ben"), "change leave save");
  assert.equal(of("stranger"), "");
  assert.equal(of("ben", { shared: { through_seq: 3, created_at: "" } }), "change leave save unshare");
});

test("what has ended is left and deleted, and not changed", () => {
  assert.equal(of("ana", { ended_at: "2026-01-01T00:00:00Z" }), "remove leave delete share save");
  assert.equal(of("olga", { ended_at: "2026-01-01T00:00:00Z" }, ["operator"]), "");
});

test("operators take over what nobody has, and hand back what is theirs", () => {
  assert.equal(of("olga", {}, ["user", "operator"]), "takeOver");
  assert.equal(of("olga", { operator: OLGA }, ["operator"]), "end release");
  assert.equal(of("otto", { operator: OLGA }, ["operator"]), "");
  assert.equal(of("otto", { operator: OLGA }, ["admin"]), "release");
});

test("everybody is told apart in words", () => {
  const shown = participants(HERE.members, OLGA);

  assert.deepEqual(shown.map(({ name, ...rest }) => [name, ...badges(rest)]), [
    ["Ana", "Owner"], ["Ben", "Member"], ["Olga", "Operator"], ["Demo", "Assistant"],
  ]);
  assert.deepEqual(participants(HERE.members, { id: "ana", name: "Ana" }).slice(0, 1).map(badges), [["Operator", "Owner"]]);
});

test("the list says what has ended, who holds, and where help is wanted", () => {
  assert.deepEqual(flagsOf({ ...HERE, operator: OLGA }, "ana"), ["Operator: Olga"]);
  assert.deepEqual(flagsOf({ ...HERE, operator: OLGA, help: {} }, "olga"), ["Operator: you"]);
  assert.deepEqual(flagsOf({ ...HERE, help: {} }, "ana"), ["Help wanted"]);
  assert.deepEqual(flagsOf({ ...HERE, ended_at: "2026-01-01T00:00:00Z", operator: OLGA }, "ana"), ["Ended"]);
});

test("a conversation is found by any part of its name or its people, in any case and without accents", () => {
  const trip = conversation({ title: "Été in Paris", members: [ANA, { ...BEN, name: "Benoît" }, DEMO] });

  for (const query of ["", "paris", "ETE", "benoit par", "Benoît"]) assert.equal(matches(trip, "ana", query), true, query);
  for (const query of ["rome", "paris rome", "demo"]) assert.equal(matches(trip, "ana", query), false, query);
});

test("people of one name are told apart on a shared page by the order in which they appear", () => {
  const names = new Names();
  const told = [["k1", "Ana"], ["k2", "Ana"], ["k1", "Ana"], ["k3", "Ben"], ["k4", "Ana"]].map(([key, name]) => names.of({ key, name }));

  assert.deepEqual(told, ["Ana", "Ana (2)", "Ana", "Ben", "Ana (3)"]);
});
