// What a part of a page reads once from the API, and again after it changed something.
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { sentenceOf } from "../api.ts";

interface Fetched<T> {
  /** Null until it is there. */
  value: ReadonlySignal<T | null>;
  trouble: ReadonlySignal<string | null>;
  refresh: () => Promise<void>;
}

export function useFetched<T>(fetchIt: () => Promise<T>): Fetched<T> {
  const value = useSignal<T | null>(null);
  const trouble = useSignal<string | null>(null);
  const refresh = useCallback(async (): Promise<void> => {
    try {
      value.value = await fetchIt();
      trouble.value = null;
    } catch (error) {
      trouble.value = sentenceOf(error);
    }
  }, []);
  useEffect(() => void refresh(), []);
  return { value, trouble, refresh };
}
