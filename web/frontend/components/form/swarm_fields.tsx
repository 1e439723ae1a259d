import type { Options } from "../../options.ts";
import { AdvancedOptions } from "./advanced_options.tsx";
import { ArchitecturePicker } from "./architecture_picker.tsx";
import { FolderInput } from "./folder_input.tsx";
import { ModelSelect } from "./model_select.tsx";
import { WorkerCount } from "./worker_count.tsx";

/** Who works, how and where: by the names of the API. */
export interface Swarm {
  workers: number;
  architecture: string;
  model: string;
  project_folder: string;
  options: Options;
}

interface Props {
  swarm: Swarm;
  problems: Record<string, string>;
  mayRunCommands: boolean;
  onChange: (changed: Partial<Swarm>) => void;
}

/** The fields that a new session and a template have in common, below what shall be done. */
export function SwarmFields({ swarm, problems, mayRunCommands, onChange }: Props) {
  return (
    <>
      <WorkerCount value={swarm.workers} onChange={(workers) => onChange({ workers })} />
      <ArchitecturePicker value={swarm.architecture} onChange={(architecture) => onChange({ architecture })} />
      <ModelSelect value={swarm.model} problem={problems["model"]} onChange={(model) => onChange({ model })} />
      <FolderInput
        value={swarm.project_folder}
        problem={problems["project_folder"]}
        onChange={(project_folder) => onChange({ project_folder })}
      />
      <AdvancedOptions
        options={swarm.options}
        problems={problems}
        mayRunCommands={mayRunCommands}
        onChange={(options) => onChange({ options })}
      />
    </>
  );
}
