/** @import {CallRow} from "./rows.js" */
/** @import {RowActions} from "./row.js" */
import { element } from "./dom.js";
import { callText, UNDER_WAY } from "./texts.js";
import { clockTime } from "./times.js";

/**
 * @param {CallRow} row a tool that an assistant has called
 * @param {RowActions} actions
 * @returns {HTMLLIElement}
 */
export function callNode({ call, mayDecide, isUnderWay }, actions) {
  const { seq, at, sender, tool, arguments: given, result } = call;
  return element(
    "li",
    { class: `call call-${call.state}`, "data-seq": String(seq) },
    element(
      "p",
      { class: "call-line" },
      element("span", { class: "name", dir: "auto" }, sender.name),
      " ",
      callText(call),
      " ",
      element("code", { dir: "ltr" }, tool),
      " ",
      element("time", { datetime: at }, clockTime(at)),
    ),
    given && given !== "{}" ? folded("arguments", "With what", given) : null,
    result ? folded("result", "What came back", result) : null,
    isUnderWay ? element("p", { class: "hint" }, UNDER_WAY.approve) : null,
    mayDecide ? decision(seq, tool, actions) : null,
  );
}

/**
 * @param {string} control
 * @param {string} summary
 * @param {string} text whatever a model or a tool has written: text, and nothing else
 */
function folded(control, summary, text) {
  return element(
    "details",
    { open: false },
    element("summary", { "data-control": control }, summary),
    element("pre", { dir: "auto", tabindex: "0", "aria-label": summary }, text),
  );
}

/**
 * @param {number} seq
 * @param {string} tool
 * @param {RowActions} actions
 */
function decision(seq, tool, { approve }) {
  return element(
    "div",
    { class: "actions", role: "group", "aria-label": `Whether ${tool} may be used` },
    element(
      "button",
      { type: "button", class: "small", "data-control": "approve", onclick: () => approve(seq, true) },
      `Approve ${tool}`,
    ),
    element(
      "button",
      { type: "button", class: "small quiet", "data-control": "decline", onclick: () => approve(seq, false) },
      "Decline",
    ),
  );
}
