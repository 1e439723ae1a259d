// Markdown that grows: what stands is told from what may still change, so that only that is read anew. Pure.

/** Closes only what began with the same sign, and at least as many of it. */
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** What follows belongs to what came before: an item of a list, what is indented under one, a row of a table, a reference. */
const GOES_ON = /^(?: {2,}|\t| {0,3}(?:[-*+]|\d{1,9}[.)])\s| {0,3}[|>]| {0,3}\[)/;

/** Return the text in pieces; all but the last one stay as they are however much is added. */
export function splitGrowing(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let fence: string | null = null;
  let wasBlank = false;
  let at = 0;
  for (const line of text.split("\n")) {
    const [, signs, rest] = FENCE.exec(line) ?? [];
    // Where a blank line ended a block and another one begins, nothing before it can change any more.
    if (fence === null && wasBlank && line.trim() !== "" && at > start && !GOES_ON.test(line)) {
      pieces.push(text.slice(start, at));
      start = at;
    }
    if (signs !== undefined) {
      if (fence === null) fence = signs;
      else if (signs.startsWith(fence) && rest?.trim() === "") fence = null;
    }
    wasBlank = line.trim() === "";
    at += line.length + 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}
