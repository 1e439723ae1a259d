// `/templates`: all of them; `/templates/new` and `/templates/<id>`: one of them.
import { TemplateEditor } from "../components/templates/template_editor.tsx";
import { TemplateList } from "../components/templates/template_list.tsx";
import { keepConnected } from "../live.ts";
import { openEditor } from "../state/template_editor.ts";
import { followTemplates } from "../state/templates_store.ts";
import { mountPage, pageRoot } from "./mount.tsx";

const { templateId, commands } = pageRoot().dataset;
keepConnected();

if (templateId === undefined) {
  mountPage(<TemplateList />);
  followTemplates();
} else {
  const editor = openEditor(templateId === "new" ? null : templateId);
  mountPage(<TemplateEditor editor={editor} mayRunCommands={commands === "true"} />);
  window.addEventListener("beforeunload", (event) => {
    if (editor.mayChange.peek() && editor.isChanged.peek()) event.preventDefault();
  });
}
