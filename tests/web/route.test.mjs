import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, linkTo, routeOf } from "../../web/wireside/route.js";

const ROUTES = [
  ["#/", { place: "list" }],
  ["#/c/aB_-9", { place: "conversation", id: "aB_-9", seq: null }],
  ["#/c/aB_-9/12", { place: "conversation", id: "aB_-9", seq: 12 }],
  ["#/join/wsi_0af", { place: "join", token: "wsi_0af" }],
  ["#/shared/wss_0af", { place: "shared", token: "wss_0af" }],
];

test("every place has an address, and every address its place", () => {
  for (const [hash, route] of ROUTES) {
    assert.deepEqual(routeOf(hash), route);
    assert.equal(hashOf(route), hash);
  }
});

test("what is no place is the list", () => {
  for (const hash of ["", "#", "#/c/", "#/c/a/0", "#/c/a/x", "#/c/a b", "#/c/../x", "#/join/", "#/join/a/b", `#/join/${"a".repeat(300)}`, "#/x/y"]) {
    assert.deepEqual(routeOf(hash), { place: "list" }, hash);
  }
});

test("a link leads to the page itself, whatever is shown there now", () => {
  const route = { place: "join", token: "wsi_1" };

  assert.equal(linkTo(route, "https://chat.example.com/room/?theme=x#/c/abc"), "https://chat.example.com/room/?theme=x#/join/wsi_1");
});
