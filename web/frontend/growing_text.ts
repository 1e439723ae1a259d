// Markdown that grows: what stands is told from what may still change, so that only that is read anew. Pure.

/** Closes only what began with the same sign, and at least as many of it. */
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** What follows belongs to what came before: an item of a list, what is indented under one, a row of a table, a reference. */
const GOES_ON = /^(?: {2,}|\t| {0,3}(?:[-*+]|\d{1,9}[.)])\s| {0,3}[|>]| {0,3}\[)/;
/** The beginning of a line that may still become such a one. */
const MAY_GO_ON = /^(?:\s*$| {0,3}[-*+\d|>[]| {2,}|\t)/;
/** A paragraph that is longer is drawn in parts at the ends of its sentences, as long as it grows. */
const LONGEST = 1500;

/** Return the text in pieces; all but the last one stay as they are however much is added. */
export function splitGrowing(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let fence: string | null = null;
  let wasBlank = false;
  let at = 0;
  const cutAt = (end: number): void => {
    pieces.push(text.slice(start, end));
    start = end;
  };
  const lines = text.split("\n");
  for (const [number, line] of lines.entries()) {
    const [, signs, rest] = FENCE.exec(line) ?? [];
    // Where a blank line ended a block and another one begins, nothing before it can change any more.
    const isWhole = number < lines.length - 1;
    const isNew = line.trim() !== "" && !(isWhole ? GOES_ON : MAY_GO_ON).test(line);
    if (fence === null && wasBlank && isNew && at > start) cutAt(at);
    if (signs !== undefined) {
      if (fence === null) fence = signs;
      else if (signs.startsWith(fence) && rest?.trim() === "") fence = null;
    } else if (fence === null && !GOES_ON.test(line)) {
      for (let end = endOfPart(text, start, at + line.length); end !== null; end = endOfPart(text, start, at + line.length)) cutAt(end);
    }
    wasBlank = line.trim() === "";
    at += line.length + 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** The end of a sentence, else of a word, where a paragraph is too long; null where it is not. */
function endOfPart(text: string, start: number, end: number): number | null {
  if (end - start <= LONGEST * 2) return null;
  const part = text.slice(start, start + LONGEST);
  const sentence = part.lastIndexOf(". ");
  const found = sentence > 0 ? sentence + 1 : part.lastIndexOf(" ");
  return found > 0 ? start + found + 1 : null;
}
