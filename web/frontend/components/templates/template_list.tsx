import type { ComponentChildren } from "preact";
import { exportTemplatesUrl } from "../../api.ts";
import type { Template } from "../../api_types.ts";
import { groups, hasOwn, isLoaded, templateSearch, templateTrouble } from "../../state/templates_store.ts";
import { Icon } from "../icon.tsx";
import { EmptyState, ErrorNote } from "../notes.tsx";
import { TemplateCard } from "./template_card.tsx";
import { TemplateImport } from "./template_import.tsx";

/** All templates that one may use, in their groups, with a search. */
export function TemplateList() {
  const { own, shared, presets } = groups.value;
  const isSearching = templateSearch.value.trim() !== "";
  const found = own.length + shared.length + presets.length;
  return (
    <>
      <div class="template-bar">
        <label class="search" for="template-search">
          <Icon name="search" />
          <span class="visually-hidden">Search templates</span>
          <input
            id="template-search"
            type="search"
            class="form-control"
            placeholder="Search templates"
            autocomplete="off"
            value={templateSearch.value}
            onInput={(event) => (templateSearch.value = event.currentTarget.value)}
          />
        </label>
        <div class="template-bar-actions">
          <TemplateImport />
          {hasOwn.value && (
            <a class="btn btn-quiet" href={exportTemplatesUrl([])} download="templates.json">
              <Icon name="download" /> Export mine
            </a>
          )}
          <a class="btn btn-primary" href="/templates/new">
            <Icon name="plus-lg" /> New template
          </a>
        </div>
      </div>
      {templateTrouble.value !== null && <ErrorNote>{templateTrouble}</ErrorNote>}
      {!isLoaded.value ? (
        templateTrouble.value === null && <CardSkeletons />
      ) : isSearching && found === 0 ? (
        <EmptyState icon="search" title="No template holds these words">
          <button type="button" class="btn-link-quiet" onClick={() => (templateSearch.value = "")}>
            Show all templates
          </button>
        </EmptyState>
      ) : (
        <>
          <Group id="own" title="Yours" templates={own} isShown={!isSearching}>
            <EmptyState icon="collection" title="You have no templates yet">
              Duplicate a preset and make it yours, or save a session as a template: both keep what to do and how.
            </EmptyState>
          </Group>
          <Group id="shared" title="Shared with you" templates={shared} />
          <Group id="presets" title="Presets" templates={presets} />
        </>
      )}
      <p class="visually-hidden" role="status">
        {isSearching && `${found} found`}
      </p>
    </>
  );
}

interface GroupProps {
  id: string;
  title: string;
  templates: readonly Template[];
  /** Whether it stands there even where it is empty. */
  isShown?: boolean;
  children?: ComponentChildren;
}

function Group({ id, title, templates, isShown = false, children }: GroupProps) {
  if (templates.length === 0 && !isShown) return null;
  return (
    <section class="template-group" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} class="panel-title">
        {title} <span class="panel-count">{templates.length}</span>
      </h2>
      {templates.length === 0 ? (
        <div class="panel">{children}</div>
      ) : (
        <ul class="template-cards">
          {templates.map((template) => (
            <TemplateCard key={template.id} template={template} />
          ))}
        </ul>
      )}
    </section>
  );
}

function CardSkeletons() {
  return (
    <div class="template-cards skeleton" role="status">
      <span class="visually-hidden">Loading…</span>
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} class="skeleton-block" />
      ))}
    </div>
  );
}
