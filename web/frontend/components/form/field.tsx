import type { ComponentChildren } from "preact";

export interface FieldProps {
  id: string;
  label: string;
  hint?: ComponentChildren;
  problem?: string | undefined;
  isOptional?: boolean;
  children: ComponentChildren;
}

/** What an input needs to be tied to its hint and its problem. */
export function describedBy(id: string, problem: string | undefined) {
  return {
    id,
    "aria-describedby": problem === undefined ? `${id}-hint` : `${id}-problem ${id}-hint`,
    "aria-invalid": problem !== undefined,
  } as const;
}

/** A labelled input with its hint, and what is wrong with it. */
export function Field({ id, label, hint, problem, isOptional = false, children }: FieldProps) {
  return (
    <div class={`field ${problem === undefined ? "" : "has-problem"}`}>
      <label class="form-label" for={id}>
        {label}
        {isOptional && <span class="muted"> (optional)</span>}
      </label>
      {children}
      {problem !== undefined && (
        <p id={`${id}-problem`} class="field-problem" role="alert">
          {problem}
        </p>
      )}
      <div id={`${id}-hint`} class="field-hint">
        {hint}
      </div>
    </div>
  );
}
