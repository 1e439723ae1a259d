import { useSignal } from "@preact/signals";
import { api, sentenceOf } from "../../../api.ts";
import type { AskedMessage } from "../../../api_types.ts";
import { humanise } from "../../../format.ts";
import { Icon } from "../../icon.tsx";
import { ErrorNote, Skeleton } from "../../notes.tsx";

/** What a finished step was asked; it is fetched when somebody wants to read it. */
export function StepRequest({ sessionId, stepKey }: { sessionId: string; stepKey: string }) {
  const messages = useSignal<AskedMessage[] | null>(null);
  const trouble = useSignal<string | null>(null);
  const isAsked = useSignal(false);
  const open = (isOpen: boolean): void => {
    if (!isOpen || isAsked.value) return;
    isAsked.value = true;
    api.readRequest(sessionId, stepKey).then(
      (asked) => (messages.value = asked),
      (error: unknown) => {
        trouble.value = sentenceOf(error);
        isAsked.value = false;
      },
    );
  };
  return (
    <details class="asked" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>
        <Icon name="chevron-right" class="asked-arrow" /> What was asked
      </summary>
      {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
      {isAsked.value && messages.value === null && <Skeleton lines={3} />}
      {messages.value?.length === 0 && <p class="muted">Nothing was written to a model.</p>}
      {messages.value?.map(({ role, content }, at) => (
        <div key={at} class="asked-message">
          <span class="asked-role">{humanise(role)}</span>
          <pre dir="auto" tabIndex={0}>
            {content}
          </pre>
        </div>
      ))}
    </details>
  );
}
