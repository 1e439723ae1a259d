import { useSignal } from "@preact/signals";
import { api } from "../../api.ts";
import type { ProjectFolders } from "../../api_types.ts";
import { describedBy, Field } from "./field.tsx";

interface Props {
  value: string;
  problem: string | undefined;
  onChange: (path: string) => void;
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Where the files go: typed, or picked from the folders that the server allows. */
export function FolderInput({ value, problem, onChange }: Props) {
  const known = useSignal<ProjectFolders | null>(null);
  const asked = useSignal<string | null>(null);
  const suggest = async (typed: string): Promise<void> => {
    const parent = parentOf(typed);
    if (asked.value === parent) return;
    asked.value = parent;
    try {
      known.value = await api.listProjectFolders(parent);
    } catch {
      // The path is not one of the allowed ones yet; the server says so when the form is sent.
    }
  };
  const roots = known.value?.roots ?? [];
  return (
    <Field
      id="project-folder"
      label="Project folder"
      isOptional
      problem={problem}
      hint={
        <>
          The swarm sees what lies there and the files that the task names, and writes its files there.
          {roots.length > 0 && (
            <>
              {" "}
              It lies in <code>{roots.join(", ")}</code>.
            </>
          )}
        </>
      }
    >
      <input
        {...describedBy("project-folder", problem)}
        class="form-control"
        type="text"
        list="project-folders"
        autocomplete="off"
        spellcheck={false}
        value={value}
        onFocus={() => void suggest(value)}
        onInput={(event) => {
          onChange(event.currentTarget.value);
          void suggest(event.currentTarget.value);
        }}
      />
      <datalist id="project-folders">
        {[...roots, ...(known.value?.folders ?? []).map((folder) => folder.path)].map((path) => (
          <option key={path} value={path} />
        ))}
      </datalist>
    </Field>
  );
}
