import { closeIsolates } from "../bidi.ts";

/** What a person gave, within words of ours: a name, an address, a path. */
export function Given({ text }: { text: string }) {
  return <bdi>{closeIsolates(text)}</bdi>;
}
