import { useEffect, useRef } from "preact/hooks";
import { question } from "../../state/confirmation.ts";

const GO_ON = "go on";

/**
 * The question that is being asked, as a dialog; Escape answers no.
 *
 * It is answered once the browser has closed it, and not by taking it away: closing returns the focus to what had it.
 */
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
      onClose={(event) => asked.answer(event.currentTarget.returnValue === GO_ON)}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <form method="dialog" class="dialog-inner">
        <h2 id="dialog-title">{asked.title}</h2>
        <p id="dialog-body">{asked.body}</p>
        <div class="dialog-actions">
          <button type="submit" class="btn btn-quiet" value="">
            Cancel
          </button>
          <button type="submit" class="btn btn-danger" value={GO_ON}>
            {asked.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
