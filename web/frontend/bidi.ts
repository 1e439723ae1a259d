// Text that people give, within sentences of ours: whatever direction it is written in or forces, it turns only itself. Pure.

const ISOLATE = "\u2068";
const END_OF_ISOLATE = "\u2069";
const OPENS_ISOLATE = /[\u2066-\u2068]/;

/** Return the text so that it ends all isolates it begins, and none that it did not begin. */
export function closeIsolates(text: string): string {
  let open = 0;
  let closed = "";
  for (const character of text) {
    if (character === END_OF_ISOLATE && open === 0) continue;
    if (OPENS_ISOLATE.test(character)) open += 1;
    if (character === END_OF_ISOLATE) open -= 1;
    closed += character;
  }
  return closed + END_OF_ISOLATE.repeat(open);
}

/** Return the text for a sentence that is no markup: a label, a message. Elsewhere there is the component `Given`. */
export function isolate(text: string): string {
  return ISOLATE + closeIsolates(text) + END_OF_ISOLATE;
}

/** Split a command line into its words, quoted as they are, and what stands between them. */
export function splitCommand(command: string): { text: string; isWord: boolean }[] {
  const parts = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+|\s+|['"]/g) ?? [];
  return parts.map((text) => ({ text, isWord: text.trim() !== "" }));
}
