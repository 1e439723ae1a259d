// The highlighter's answer, which is HTML, as tokens by line: what is shown are elements of ours, never its HTML. Pure.

export interface CodeToken {
  text: string;
  /** What it is, e.g. "keyword"; null for plain text. */
  scope: string | null;
}

const PARTS = /<span class="([^"]*)">|<\/span>|([^<]+)/g;
const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#x27;": "'" };

/** Return the tokens of each line; scopes that span lines go on in the next one. */
export function readHighlighted(html: string): CodeToken[][] {
  const lines: CodeToken[][] = [[]];
  const scopes: string[] = [];
  for (const [part, opened, text] of html.matchAll(PARTS)) {
    if (opened !== undefined) scopes.push(opened.replace(/^hljs-/, "").replace(/ .*/, ""));
    else if (text === undefined) scopes.pop();
    else {
      const scope = scopes.at(-1) ?? null;
      part
        .replace(/&(?:lt|gt|amp|quot|#x27);/g, (entity) => ENTITIES[entity] ?? entity)
        .split("\n")
        .forEach((piece, at) => {
          if (at > 0) lines.push([]);
          if (piece !== "") lines.at(-1)!.push({ text: piece, scope });
        });
    }
  }
  return lines;
}

/** Lines without any colour. */
export const plainLines = (text: string): CodeToken[][] => text.split("\n").map((line) => (line === "" ? [] : [{ text: line, scope: null }]));

const BY_ENDING: Record<string, string> = {
  py: "python", js: "javascript", mjs: "javascript", jsx: "javascript", ts: "typescript", tsx: "typescript", json: "json",
  sh: "bash", bash: "bash", css: "css", html: "xml", htm: "xml", xml: "xml", svg: "xml", sql: "sql", yaml: "yaml", yml: "yaml",
  md: "markdown", toml: "ini", ini: "ini", cfg: "ini", go: "go", rs: "rust", java: "java", c: "c", h: "c", cpp: "cpp", cc: "cpp",
  hpp: "cpp", diff: "diff", patch: "diff", dockerfile: "dockerfile", rb: "ruby", php: "php", csv: "plaintext", txt: "plaintext",
};

/** The language of a file by its name, or of a fence by its word; null where it is none of those that are coloured. */
export function languageOf(name: string): string | null {
  const word = name.toLowerCase().replace(/^.*[/.]/, "");
  const known = BY_ENDING[word] ?? ({ python3: "python", shell: "bash", zsh: "bash", node: "javascript" }[word] ?? word);
  return Object.values(BY_ENDING).includes(known) && known !== "plaintext" ? known : null;
}
