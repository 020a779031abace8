/** @typedef {string | Node | null | false} Child */

/** @type {WeakSet<Element>} */
const listening = new WeakSet();

/**
 * Make an element. Text goes in as text, never as markup.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | boolean | ((event: any) => void)>} [properties] `on…` listens;
 *   `true` sets an empty attribute, `false` none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value), listening.add(made);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
}

/**
 * @param {Element} made by `element`
 * @returns {boolean} whether it listens to anything
 */
export function listens(made) {
  return listening.has(made);
}

const SVG = "http://www.w3.org/2000/svg";

/** Drawn on a grid of 24. */
const PATHS = {
  flame: "M12 2c1 4 5 6 5 11a5 5 0 0 1-10 0c0-2 1-3.500 2-4.500.3 1.500 1 2.300 1.800 2.500C10.300 7.500 10.500 4.500 12 2z",
  back: "M15 5l-7 7 7 7",
  plus: "M12 5v14M5 12h14",
  send: "M5 12h13M12 5l7 7-7 7",
  invite: "M10 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM3 21c0-4 3-7 7-7s7 3 7 7M19 7v6M16 10h6",
  rename: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  leave: "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
  reply: "M10 6l-6 6 6 6M4 12h9a7 7 0 0 1 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  stop: "M7 7h10v10H7z",
  end: "M12 3v8M7 6a8 8 0 1 0 10 0",
  down: "M12 5v14M6 13l6 6 6-6",
  details: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  delete: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
};

/**
 * @param {keyof PATHS} name
 * @returns {SVGElement} decoration; say in words what it stands for
 */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  drawing.append(path);
  for (const [key, value] of [["viewBox", name === "flame" ? "3 1 18 18" : "0 0 24 24"], ["class", `icon icon-${name}`], ["aria-hidden", "true"]]) {
    drawing.setAttribute(key ?? "", value ?? "");
  }
  return drawing;
}
