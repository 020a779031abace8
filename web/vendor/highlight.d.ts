/** As much of highlight.js 11 as the page uses. Source: its types/index.d.ts. */
declare const hljs: {
  getLanguage(name: string): { name?: string } | undefined;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
};
export default hljs;
