import type { ComponentChildren } from "preact";
import type { IconName } from "../icons.ts";
import { Icon } from "./icon.tsx";

/** What to say where there is nothing yet. */
export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-picture">
        <Icon name={icon} />
      </span>
      <p class="empty-title">{title}</p>
      {children !== undefined && <p class="empty-text">{children}</p>}
    </div>
  );
}

/** What people should know before they read on. */
export function Note({ icon, tone, children }: { icon: IconName; tone?: "waiting"; children: ComponentChildren }) {
  return (
    <div class={`note ${tone === undefined ? "" : `note-${tone}`}`}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

/** What went wrong, as a sentence. */
export function ErrorNote({ children }: { children: ComponentChildren }) {
  return (
    <div class="note note-error" role="alert">
      <Icon name="exclamation-triangle-fill" />
      <div>{children}</div>
    </div>
  );
}

/** The shape of what is being loaded. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">Loading…</span>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} class="skeleton-line" />
      ))}
    </div>
  );
}
