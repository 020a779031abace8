import { clean } from "./clean.js";
import { element } from "./dom.js";
import { keepSelection } from "./selection.js";

/**
 * What is longer, or has a longer line, stays in one colour, in UTF-16 units: the library takes the square of
 * some texts' lengths, and nobody waits for colours.
 */
const LONGEST = 8_000;
const LONG_LINE = /[^\n]{301}/;
const LONGEST_NAME = 20;
const COPIED_MS = 2_000;

/** @type {typeof import("../vendor/highlight.js").default | null} */
let library = null;
/** @type {Promise<void> | null} */
let loading = null;
/** @type {WeakMap<Element, string>} what has its colours */
const painted = new WeakMap();

/**
 * Put code into a box, with its language above it and a button that copies it.
 *
 * @param {HTMLElement} pre code as the parser has it; changed
 * @param {number} index which one of its text it is: the focus finds its button again by that
 */
export function box(pre, index) {
  const language = languageOf(pre);
  const label = language ? `Code, ${language}` : "Code";
  for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", label], ["dir", "ltr"]]) {
    pre.setAttribute(name ?? "", value ?? "");
  }
  const bar = element(
    "div",
    { class: "code-bar" },
    element("span", { class: "language", dir: "auto" }, language || "code"),
    element("span", { class: "visually-hidden", role: "status" }),
    element("button", { type: "button", class: "copy", "data-control": `copy-${index}`, "aria-label": `Copy ${label.toLowerCase()}` }, "Copy"),
  );
  const around = element("div", { class: "code" }, bar);
  pre.replaceWith(around);
  around.append(pre);
}

/** @param {HTMLElement} pre */
function languageOf(pre) {
  const name = /(?:^|\s)language-(\S+)/.exec(pre.firstElementChild?.className ?? "")?.[1] ?? "";
  return name.length > LONGEST_NAME ? "" : name;
}

/**
 * Copy the code that a pressed button belongs to, and say so.
 *
 * @param {MouseEvent} event anywhere in a text
 */
export async function onCopy({ target }) {
  const button = target instanceof Element ? target.closest("button.copy") : null;
  const [code, status] = ["code", "[role=status]"].map((each) => button?.closest(".code")?.querySelector(each));
  if (!button || !code || !status) return;
  const said = (await copied(code)) ? "Copied" : "Not copied";
  status.textContent = said;
  rename(button, said);
  setTimeout(() => ((status.textContent = ""), rename(button, "Copy")), COPIED_MS);
}

/**
 * @param {Element} button
 * @param {string} word what is seen on it; its name begins with it
 */
function rename(button, word) {
  const name = button.getAttribute("aria-label") ?? "";
  button.setAttribute("aria-label", `${word} ${name.slice(name.indexOf("code"))}`);
  button.textContent = word;
}

/**
 * @param {Element} code
 * @returns {Promise<boolean>} whether it could be copied; in a frame that may not, the old way is tried
 */
async function copied(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return document.execCommand("copy");
  }
}

/**
 * Give code its colours, once what finds them is here. It is loaded with the first code there is.
 *
 * @param {HTMLElement} pre
 */
export function highlight(pre) {
  const [code, language] = [pre.firstElementChild, languageOf(pre)];
  if (!code || !language || !isEasy(code.textContent)) return;
  if (library) return paint(library, code, language);
  loading ??= import("../vendor/highlight.js").then((loaded) => void (library = loaded.default));
  loading.then(() => library && paint(library, code, language)).catch(() => (loading = null));
}

/** @param {string} text */
export function isEasy(text) {
  return text.length <= LONGEST && !LONG_LINE.test(text);
}

/**
 * @param {NonNullable<typeof library>} painter
 * @param {Element} code
 * @param {string} language
 */
function paint(painter, code, language) {
  if (!painter.getLanguage(language) || painted.get(code) === code.textContent) return;
  painted.set(code, code.textContent);
  const { value } = painter.highlight(code.textContent, { language, ignoreIllegals: true });
  keepSelection(code, () => code.replaceChildren(clean(value)));
}
