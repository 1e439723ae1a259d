import { exportTemplatesUrl } from "../../api.ts";
import type { Template } from "../../api_types.ts";
import { isolate } from "../../bidi.ts";
import { architectureName, plural } from "../../format.ts";
import { fileNameOf } from "../../templates.ts";
import { copyTemplate, deleteTemplate } from "../../state/template_actions.ts";
import { dropTemplate, putTemplate } from "../../state/templates_store.ts";
import { ArchitecturePicture } from "../form/architecture_picture.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";

/** A template at a glance: what it is for, which swarm works on it, what it asks for, and what one can do with it. */
export function TemplateCard({ template }: { template: Template }) {
  const { id, variables } = template;
  const name = isolate(template.name);
  const copy = async (): Promise<void> => {
    const made = await copyTemplate(template);
    if (made !== null) putTemplate(made);
  };
  const remove = async (): Promise<void> => {
    if (await deleteTemplate(template)) dropTemplate(id);
  };
  return (
    <li class="template-card" data-template-id={id}>
      <div class="template-head">
        <ArchitecturePicture architecture={template.architecture} />
        <div class="template-title">
          <h3>
            <a class="session-name" href={`/templates/${id}`}>
              <Given text={template.name} />
            </a>
          </h3>
          <p class="template-meta">
            {plural(template.workers, "worker")}, {architectureName(template.architecture)}
            {template.model !== "" && ` · ${template.model}`}
            {template.uses > 0 && ` · ${plural(template.uses, "session")}`}
          </p>
          <Marks template={template} />
        </div>
      </div>
      {template.description !== "" && (
        <p class="template-description" dir="auto">
          {template.description}
        </p>
      )}
      <p class="template-task" dir="auto">
        {template.task.trim().slice(0, 400)}
      </p>
      {variables.length > 0 && (
        <ul class="variable-chips" aria-label="It asks for">
          {variables.map((variable) => (
            <li key={variable.name} class="variable-chip" title={variable.label || undefined}>
              {variable.name}
            </li>
          ))}
        </ul>
      )}
      <div class="template-foot">
        <a class="btn btn-primary btn-sm" href={`/sessions?template=${id}`} aria-label={`Use ${name}`}>
          <Icon name="play-fill" /> Use
        </a>
        <span class="template-tools">
          <a class="icon-button" href={`/templates/${id}`} title={template.can_change ? "Edit" : "View"} aria-label={`${template.can_change ? "Edit" : "View"} ${name}`}>
            <Icon name={template.can_change ? "pencil" : "eye"} />
          </a>
          <button type="button" class="icon-button" title="Duplicate" aria-label={`Duplicate ${name}`} onClick={() => void copy()}>
            <Icon name="copy" />
          </button>
          <a class="icon-button" href={exportTemplatesUrl([id])} download={fileNameOf(template.name)} title="Export" aria-label={`Export ${name}`}>
            <Icon name="download" />
          </a>
          {template.can_change && (
            <button type="button" class="icon-button is-danger" title="Delete" aria-label={`Delete ${name}`} onClick={() => void remove()}>
              <Icon name="trash3" />
            </button>
          )}
        </span>
      </div>
    </li>
  );
}

function Marks({ template }: { template: Template }) {
  if (template.kind === "preset") return null;
  if (template.kind === "own" && !template.shared && template.version === 1) return null;
  return (
    <p class="template-marks">
      {template.kind === "shared" && (
        <span class="chip">
          by <Given text={template.owner ?? ""} />
        </span>
      )}
      {template.kind === "own" && template.shared && <span class="chip">shared</span>}
      {template.version > 1 && <span class="chip">version {template.version}</span>}
    </p>
  );
}
