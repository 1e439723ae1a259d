import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** The task in its first lines, and the rest on demand. */
export function TaskText({ text }: { text: string }) {
  const isOpen = useSignal(false);
  const isLong = useSignal(false);
  const paragraph = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const shown = paragraph.current;
    if (shown === null) return;
    const measure = (): void => {
      if (!isOpen.peek()) isLong.value = shown.scrollHeight > shown.clientHeight + 1;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(shown);
    return () => observer.disconnect();
  }, []);
  return (
    <div class="task-text">
      <p id="task-text" dir="auto" ref={paragraph} class={isOpen.value ? "" : "is-clamped"}>
        {text}
      </p>
      {isLong.value && (
        <button
          type="button"
          class="btn-link-quiet"
          aria-expanded={isOpen.value}
          aria-controls="task-text"
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          {isOpen.value ? "Show less" : "Show the whole task"}
        </button>
      )}
    </div>
  );
}
