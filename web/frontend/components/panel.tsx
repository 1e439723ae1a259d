import type { ComponentChildren } from "preact";

interface Props {
  /** Also the address of the section within the page. */
  id: string;
  title: string;
  /** Beside the title, small: a count. */
  count?: number | string | undefined;
  /** At the end of the title's line. */
  actions?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

/** A titled section on a surface of its own. */
export function Panel({ id, title, count, actions, class: extra = "", children }: Props) {
  return (
    <section id={id} class={`panel ${extra}`} aria-labelledby={`${id}-title`}>
      <header class="panel-head">
        <h2 id={`${id}-title`} class="panel-title">
          {title}
          {count !== undefined && <span class="panel-count">{count}</span>}
        </h2>
        {actions}
      </header>
      {children}
    </section>
  );
}
