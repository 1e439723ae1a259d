import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface Props {
  class?: string;
  /** Sends it; what stays wrong is marked invalid in its fields. */
  onSubmit: () => Promise<void>;
  children: ComponentChildren;
}

/** A form that scripts send, by its button or Ctrl+Enter; the first field that is wrong then gets the focus. */
export function Form({ class: looks, onSubmit, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await onSubmit();
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  return (
    <form
      ref={form}
      class={looks}
      noValidate
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && void submit(event)}
    >
      {children}
    </form>
  );
}
