import { useEffect, useRef } from "preact/hooks";
import { question } from "../state/confirmation.ts";

/** The question that is being asked, as a dialog; Escape answers no. */
export function ConfirmDialog() {
  const asked = question.value;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (asked !== null && !dialog.current?.open) dialog.current?.showModal();
  }, [asked]);
  if (asked === null) return null;
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      aria-describedby="dialog-body"
      onClose={() => asked.answer(false)}
      onClick={(event) => event.target === dialog.current && asked.answer(false)}
    >
      <form method="dialog" class="dialog-inner" onSubmit={(event) => event.preventDefault()}>
        <h2 id="dialog-title">{asked.title}</h2>
        <p id="dialog-body">{asked.body}</p>
        <div class="dialog-actions">
          <button type="button" class="btn btn-quiet" onClick={() => asked.answer(false)}>
            Cancel
          </button>
          <button type="button" class="btn btn-danger" onClick={() => asked.answer(true)}>
            {asked.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
