// `/models`: what the model server has, and having it fetch or drop models.
import { InstalledModel } from "../components/models/installed_model.tsx";
import { ModelOrderList } from "../components/model_order_list.tsx";
import { EmptyState, ErrorNote, Note, Skeleton } from "../components/notes.tsx";
import { Panel } from "../components/panel.tsx";
import { PullForm } from "../components/models/pull_form.tsx";
import { serverTitle } from "../models.ts";
import { deleteModel, followModelOrders, orders, usage } from "../state/model_orders.ts";
import { models } from "../state/models_store.ts";
import { followOverview, overviewTrouble } from "../state/overview_store.ts";
import { isAdmin, mountPage } from "./mount.tsx";

function ModelsPage() {
  const known = models.value;
  if (known === null) return overviewTrouble.value === null ? <Skeleton lines={6} /> : <ErrorNote>{overviewTrouble}</ErrorNote>;
  return (
    <div class="columns">
      <Panel id="installed" title="Installed" count={known.items.length} actions={<span class="muted models-server">{serverTitle(known)}</span>}>
        {known.items.length === 0 ? (
          <EmptyState icon="robot" title="No models">
            {known.server?.reachable === true ? "The model server has none yet: pull one." : "The model server does not answer just now."}
          </EmptyState>
        ) : (
          <ul class="installed-models">
            {known.items.map((model) => (
              <InstalledModel
                key={model.name}
                model={model}
                isDefault={model.name === known.default}
                loaded={known.loaded.find(({ name }) => name === model.name)}
                usage={usage.value[model.name]}
                onDelete={isAdmin && known.pull_refusal === null ? () => void deleteModel(model.name) : undefined}
              />
            ))}
          </ul>
        )}
      </Panel>
      <div class="column-stack">
        <Panel id="pull" title="Pull a model">
          {known.pull_refusal === null ? (
            <PullForm items={known.items} />
          ) : (
            <Note icon="info-circle">{known.pull_refusal}</Note>
          )}
        </Panel>
        {(orders.value ?? []).length > 0 && (
          <Panel id="orders" title="Pulls and deletions">
            <ModelOrderList orders={orders.value ?? []} />
          </Panel>
        )}
      </div>
    </div>
  );
}

mountPage(<ModelsPage />);
followOverview();
followModelOrders({ always: true });
