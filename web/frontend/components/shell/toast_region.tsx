import type { IconName } from "../../icons.ts";
import { closeToast, toasts, type Toast } from "../../state/toasts.ts";
import { Icon } from "../icon.tsx";

const ICONS: Record<Toast["kind"], IconName> = {
  success: "check-circle-fill",
  error: "exclamation-triangle-fill",
  info: "info-circle",
};

/** The short messages, at the lower edge. */
export function ToastRegion() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast-note toast-${toast.kind}`}>
          <Icon name={ICONS[toast.kind]} />
          <span class="toast-text">{toast.message}</span>
          {toast.link && <a href={toast.link.href}>{toast.link.text}</a>}
          <button type="button" class="icon-button" aria-label="Close this message" onClick={() => closeToast(toast.id)}>
            <Icon name="x-lg" />
          </button>
        </div>
      ))}
    </div>
  );
}
