// Parts of a page that are fetched when somebody looks at them.
import { signal } from "@preact/signals";
import { h, type ComponentType } from "preact";
import { ErrorNote, Skeleton } from "../notes.tsx";

/** Return a component that fetches its code when it is first drawn. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const loaded = signal<ComponentType<Props> | null>(null);
  const hasFailed = signal(false);
  let isAsked = false;
  return function Lazy(props: Props) {
    if (!isAsked) {
      isAsked = true;
      load().then(
        (component) => (loaded.value = component),
        () => (hasFailed.value = true),
      );
    }
    if (hasFailed.value) return <ErrorNote>This part of the page did not come; load the page anew.</ErrorNote>;
    return loaded.value === null ? <Skeleton lines={6} /> : h(loaded.value, props);
  };
}
