// Markdown as elements, never as HTML: what a model writes can show nothing but text, links and tables. Pure.
import { h, type ComponentChild, type ComponentChildren } from "preact";
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";

/** Draws a block of code. */
export type CodeRenderer = (text: string, language: string) => ComponentChild;

const plainCode: CodeRenderer = (text) => h("pre", null, h("code", null, text));

/** Return `text` as elements. Its largest heading is an h3, as pages and panels have the first two. */
export function renderMarkdown(text: string, renderCode: CodeRenderer = plainCode): ComponentChildren {
  return new MarkdownRenderer(renderCode).render(lexer(text, { gfm: true, breaks: true }));
}

const TOP_LEVEL = 2;
const SAFE_ADDRESS = /^(?:https?:|mailto:)/i;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

class MarkdownRenderer {
  readonly #renderCode: CodeRenderer;

  constructor(renderCode: CodeRenderer) {
    this.#renderCode = renderCode;
  }

  render(tokens: readonly Token[] | undefined): ComponentChild[] {
    return (tokens ?? []).map((token) => this.#draw(token as MarkedToken));
  }

  #draw(token: MarkedToken): ComponentChild {
    switch (token.type) {
      case "heading":
        return h(`h${Math.min(6, token.depth + TOP_LEVEL)}`, null, this.render(token.tokens));
      case "paragraph":
        return h("p", null, this.render(token.tokens));
      case "blockquote":
        return h("blockquote", null, this.render(token.tokens));
      case "code":
        return this.#renderCode(token.text, token.lang?.split(/\s/, 1)[0] ?? "");
      case "list":
        return this.#drawList(token);
      case "table":
        return this.#drawTable(token);
      case "strong":
      case "em":
      case "del":
        return h(token.type, null, this.render(token.tokens));
      case "codespan":
        return h("code", null, token.text);
      case "link":
        return this.#drawLink(token.href, this.render(token.tokens));
      case "image":
        return this.#drawLink(token.href, token.text || token.href); // Nothing is loaded from elsewhere.
      case "text":
        return token.tokens === undefined ? decodeEntities(token.text) : h("span", null, this.render(token.tokens));
      case "escape":
        return token.text;
      case "checkbox":
        return h("input", { type: "checkbox", checked: token.checked, disabled: true });
      case "br":
        return h("br", null);
      case "hr":
        return h("hr", null);
      case "space":
      case "def":
        return null;
      default:
        return token.raw; // HTML among it: shown, not obeyed
    }
  }

  #drawList({ ordered, start, items }: Tokens.List): ComponentChild {
    const drawn = items.map((item) => h("li", item.task ? { class: "task" } : null, this.render(item.tokens)));
    return ordered ? h("ol", { start: start === "" ? 1 : start }, drawn) : h("ul", null, drawn);
  }

  #drawTable({ header, rows }: Tokens.Table): ComponentChild {
    const cells = (row: readonly Tokens.TableCell[], tag: "th" | "td"): ComponentChild =>
      h("tr", null, row.map((cell) => h(tag, cell.align === null ? null : { class: `is-${cell.align}` }, this.render(cell.tokens))));
    const body = h("tbody", null, rows.map((row) => cells(row, "td")));
    return h("div", { class: "table-scroll" }, h("table", { class: "plain-table" }, h("thead", null, cells(header, "th")), body));
  }

  #drawLink(href: string, children: ComponentChildren): ComponentChild {
    if (!SAFE_ADDRESS.test(href)) return h("span", null, children);
    return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
  }
}

/** The few named entities that models write, and all numbered ones. */
function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (entity, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? entity;
    const code = decimal === undefined ? parseInt(hex ?? "", 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}
