/** As much of markdown-it 15 as the page uses. Source: its dist/markdown-it.d.mts. */
export interface Token {
  type: string;
  tag: string;
  level: number;
  /** 1 opens, 0 stands alone, -1 closes. */
  nesting: number;
  /** First line and the line after the last one; `null` for what closes. */
  map: [number, number] | null;
  content: string;
  info: string;
  children: Token[] | null;
  attrs: [string, string][] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** What one text's rules tell each other. */
export interface Environment {
  /** How many links are open around what is being written. */
  links?: number;
}

export type Rule = (tokens: Token[], index: number, options: object, env: Environment, self: Renderer) => string;

export interface Renderer {
  rules: Record<string, Rule | undefined>;
  render(tokens: Token[], options: object, env: Environment): string;
  renderToken(tokens: Token[], index: number, options: object): string;
}

export interface InlineState {
  src: string;
  pos: number;
  push(type: string, tag: string, nesting: number): Token;
}

export default class MarkdownIt {
  constructor(options: { html: boolean; linkify: boolean; breaks: boolean; maxNesting: number });
  options: object;
  linkify: {
    set(options: { fuzzyLink: boolean; fuzzyEmail: boolean; fuzzyIP: boolean }): void;
    add(schema: string, definition: null): void;
  };
  renderer: Renderer;
  inline: { ruler: { after(before: string, name: string, rule: (state: InlineState, isSilent: boolean) => boolean): void } };
  core: { ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } };
  utils: { escapeHtml(text: string): string };
  validateLink(url: string): boolean;
  normalizeLink(url: string): string;
  disable(rules: string[]): this;
  parse(text: string, env: Environment): Token[];
}
