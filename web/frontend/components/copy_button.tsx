import { useSignal } from "@preact/signals";
import { copyText } from "../clipboard.ts";
import { showToast } from "../state/toasts.ts";
import { Icon } from "./icon.tsx";

const SAID_MS = 2000;

/** Copies a text, and says so for two seconds. */
export function CopyButton({ text, label, word = "Copy" }: { text: string; label: string; word?: string }) {
  const isCopied = useSignal(false);
  const copy = async (): Promise<void> => {
    try {
      await copyText(text);
      isCopied.value = true;
      setTimeout(() => (isCopied.value = false), SAID_MS);
    } catch {
      showToast({ kind: "error", message: "This browser did not let the page copy. Select the text instead." });
    }
  };
  return (
    <button type="button" class="btn btn-quiet btn-sm" aria-label={label} onClick={() => void copy()}>
      <Icon name={isCopied.value ? "check-lg" : "clipboard"} />
      <span aria-live="polite">{isCopied.value ? "Copied" : word}</span>
    </button>
  );
}
