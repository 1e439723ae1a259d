// Finding by a few letters in their order, as the command palette does. Pure.

const AT_WORD = 8;
const IN_A_ROW = 8;
const SOMEWHERE = 1;
const GAP = 2;
/** Letters of the text before and between those that match count against it, up to so many. */
const MOST_SKIPPED = 12;

/**
 * How well the letters of `query` are found in `text` in their order, more is better; null where they are not.
 *
 * Beginnings of words and letters in a row count most. Case, accents and blanks do not count.
 */
export function scoreMatch(query: string, text: string): number | null {
  const wanted = [...fold(query).replace(/\s+/g, "")];
  if (wanted.length === 0) return 0;
  const letters = [...fold(text)];
  /** The best score of the letters so far that ends in the letter of this index; only the last row is kept. */
  let best = letters.map(() => Number.NEGATIVE_INFINITY);
  for (const [number, letter] of wanted.entries()) {
    const row = letters.map(() => Number.NEGATIVE_INFINITY);
    let before = number === 0 ? 0 : Number.NEGATIVE_INFINITY;
    for (const [index, found] of letters.entries()) {
      const previous = best[index - 1] ?? Number.NEGATIVE_INFINITY;
      if (found === letter) {
        const skipped = number === 0 ? Math.min(index, MOST_SKIPPED) / 10 : GAP;
        const apart = before - skipped + (startsWord(letters, index) ? AT_WORD : SOMEWHERE);
        row[index] = Math.max(apart, previous + IN_A_ROW);
      }
      if (number > 0) before = Math.max(before, previous);
    }
    best = row;
  }
  const score = Math.max(Number.NEGATIVE_INFINITY, ...best);
  return Number.isFinite(score) ? score - Math.min(letters.length, 100) / 100 : null;
}

/** Those of `items` in whose text the query is found, the best first; equal ones keep their order. */
export function findBest<Item>(query: string, items: readonly Item[], textOf: (item: Item) => string): Item[] {
  return items
    .map((item) => ({ item, score: scoreMatch(query, textOf(item)) }))
    .filter((found): found is { item: Item; score: number } => found.score !== null)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}

const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const startsWord = (letters: readonly string[], index: number): boolean => !/[\p{L}\p{N}]/u.test(letters[index - 1] ?? " ");
