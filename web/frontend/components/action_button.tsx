import type { ComponentChildren } from "preact";

interface Props {
  class: string;
  /** What it is called where its text alone says too little. */
  label?: string;
  isOff?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

/** A button that may be off for a while and keeps the keyboard focus meanwhile: a disabled one loses it. */
export function ActionButton({ class: looks, label, isOff = false, onClick, children }: Props) {
  return (
    <button type="button" class={`btn ${looks}`} aria-label={label} aria-disabled={isOff} onClick={() => isOff || onClick()}>
      {children}
    </button>
  );
}
