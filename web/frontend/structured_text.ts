// Telling the structured output of a model, which is JSON, from its prose. Pure.

/** Whether a text is JSON or the beginning of some; models may wrap it in a fence. */
export const looksStructured = (text: string): boolean => /^\s*(?:```json\s*)?(?:\{|\[\s*[{["])/.test(text);

/** The JSON of a text in an order that people can read, or null where it is none. */
export function formatStructured(text: string): string | null {
  if (!looksStructured(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text.trim().replace(/^```json\s*|\s*```$/g, "")), null, 2);
  } catch {
    return null;
  }
}
