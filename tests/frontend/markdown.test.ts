import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ComponentChildren, VNode } from "preact";
import { renderMarkdown } from "../../web/frontend/markdown.ts";

const isNode = (child: unknown): child is VNode<Record<string, unknown>> => typeof child === "object" && child !== null && "props" in child;

/** The elements as HTML-like text; what is text stays as it is, so that a tag in it shows up. */
function write(child: ComponentChildren): string {
  if (Array.isArray(child)) return child.map(write).join("");
  if (!isNode(child)) return child === null || child === undefined || typeof child === "boolean" ? "" : String(child);
  const { children, ...props } = child.props;
  const attributes = Object.entries(props).map(([name, value]) => ` ${name}=${String(value)}`).join("");
  return `<${String(child.type)}${attributes}>${write(children as ComponentChildren)}</${String(child.type)}>`;
}

function elements(child: ComponentChildren): VNode<Record<string, unknown>>[] {
  if (Array.isArray(child)) return child.flatMap(elements);
  return isNode(child) ? [child, ...elements(child.props["children"] as ComponentChildren)] : [];
}

test("headings begin below those of the page, and emphasis is kept", () => {
  assert.equal(write(renderMarkdown("# A *b*")), "<h3>A <em>b</em></h3>");
});

test("lists, tables and line breaks are drawn", () => {
  assert.equal(write(renderMarkdown("3. a\n4. b")), "<ol start=3><li><span>a</span></li><li><span>b</span></li></ol>");
  assert.match(write(renderMarkdown("|a|b|\n|-|-:|\n|1|**2**|")), /<td class=is-right><strong>2<\/strong><\/td>/);
  assert.equal(write(renderMarkdown("a\nb")), "<p>a<br></br>b</p>");
});

test("code goes to its own renderer with its language alone", () => {
  const seen: string[][] = [];
  renderMarkdown("```python path=a.py\nx = '&lt;'\n```", (...code) => void seen.push(code));
  assert.deepEqual(seen, [["x = '&lt;'", "python"]]);
});

test("HTML is shown as text", () => {
  const types = elements(renderMarkdown("a <b>c</b>\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>")).map(({ type }) => type);
  assert.deepEqual(types, ["p"]);
});

test("entities are decoded once", () => {
  assert.equal(write(renderMarkdown("a &amp;lt; &#98;&#x63;")), "<p>a &lt; bc</p>");
});

test("only addresses of the web and of mail become links, and pictures are not loaded", () => {
  const text = "[a](javascript:alert(1)) [b](data:text/html,x) ![c](https://x.org/y.png) [d](https://x.org)";
  const drawn = elements(renderMarkdown(text));
  assert.deepEqual(drawn.filter(({ type }) => type === "a").map(({ props }) => props["href"]), ["https://x.org/y.png", "https://x.org"]);
  assert.ok(drawn.every(({ type }) => type !== "img"));
});

test("whatever a model writes, no element is drawn that could run or load something", () => {
  const harmless = new Set(["p", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "a", "br", "hr", "span", "blockquote", "div", "table", "thead", "tbody", "tr", "th", "td", "input"]);
  const words = fc.constantFrom("<script>", "</p>", "<img onerror=x>", "[a](", ")", "javascript:", "`", "```\n", "\n", "- ", "|", "*", "&lt;", "a", "> ", "# ", "<!--", "![");
  fc.assert(
    fc.property(fc.array(words, { maxLength: 40 }), (pieces) => {
      for (const { type, props } of elements(renderMarkdown(pieces.join("")))) {
        assert.ok(harmless.has(String(type)), String(type));
        for (const name of Object.keys(props)) assert.ok(!name.startsWith("on") && name !== "dangerouslySetInnerHTML");
        if (type === "a") assert.match(String(props["href"]), /^(https?:|mailto:)/i);
      }
    }),
  );
});
