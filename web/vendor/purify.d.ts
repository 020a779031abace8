/** As much of DOMPurify 3 as the page uses; the file sets it as a global. Source: its dist/purify.es.d.mts. */
export {};
declare global {
  var DOMPurify: {
    setConfig(config: Record<string, unknown>): void;
    sanitize(html: string): DocumentFragment;
  };
}
