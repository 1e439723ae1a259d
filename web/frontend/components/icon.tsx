import type { IconName } from "../icons.ts";

const sprite = document.querySelector<HTMLMetaElement>('meta[name="icons"]')?.content ?? "";

/** A picture beside words; screen readers pass it over. */
export function Icon({ name, class: extra = "" }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${extra}`} aria-hidden="true" focusable="false">
      <use href={`${sprite}#${name}`} />
    </svg>
  );
}
