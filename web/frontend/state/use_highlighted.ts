// The coloured lines of a code, as soon as the highlighter is there.
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { plainLines, type CodeToken } from "../highlighted_lines.ts";

type Highlight = (text: string, language: string) => CodeToken[][];

/** More takes longer than anybody wants to wait. */
const MOST_CHARACTERS = 200_000;

const highlight = signal<Highlight | null>(null);
let isAsked = false;

function load(): void {
  if (isAsked) return;
  isAsked = true;
  // Without colours it can be read as well.
  import("../highlight.ts").then(({ highlightLines }) => (highlight.value = highlightLines), () => undefined);
}

/** The tokens of each line; without colours until they are there, and where the language is unknown. */
export function useHighlighted(text: string, language: string | null): CodeToken[][] {
  const isColoured = language !== null && text.length <= MOST_CHARACTERS;
  if (isColoured) load();
  const colour = isColoured ? highlight.value : null;
  return useMemo(() => (colour === null || language === null ? plainLines(text) : colour(text, language)), [text, language, colour]);
}
