import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { findModel, missingModels, modelTitle } from "../../models.ts";
import { followModelOrders, isActive, orders, pullModel } from "../../state/model_orders.ts";
import { models } from "../../state/models_store.ts";
import { Icon } from "../icon.tsx";
import { ModelOrderList } from "../model_order_list.tsx";
import { ErrorNote } from "../notes.tsx";

interface Props {
  /** The chosen model, which the server may lack. */
  chosen: string;
  onChoose: (name: string) => void;
}

/** The models that the server lacks, each to be pulled right here, with how far that is; or why none can be. */
export function ModelPulls({ chosen, onChoose }: Props) {
  const asked = useSignal<readonly string[]>([]);
  const trouble = useSignal<string | null>(null);
  useEffect(() => followModelOrders({ always: false }), []);
  const known = models.value;
  if (known === null || known.server === null) return null;
  const { items, pull_refusal: refusal } = known;
  const pulls = (orders.value ?? []).filter((order) => order.kind === "pull");
  // Of one model the latest counts; what ended is told to whoever asked for it here.
  const shown = pulls.filter(
    (order, index) =>
      (isActive(order) || asked.value.includes(order.model)) && pulls.findIndex(({ model }) => model === order.model) === index,
  );
  const isMissing = chosen !== "" && items.length > 0 && findModel(items, chosen) === undefined;
  const lacked = [...new Set([...(isMissing ? [chosen] : []), ...missingModels(items).map(({ name }) => name)])].filter(
    (name) => !shown.some((order) => order.model === name && (isActive(order) || order.state === "completed")),
  );
  const pull = (name: string): void => {
    asked.value = [...asked.value, name];
    trouble.value = null;
    void pullModel(name, (sentence) => (trouble.value = sentence));
  };
  if (!isMissing && lacked.length === 0 && shown.length === 0) return null;
  return (
    <div class="model-pulls" role="group" aria-label="Models that are not on this server">
      {isMissing && (
        <p class="model-missing">
          <code>{chosen}</code> is not on this server.{" "}
          <button type="button" class="btn-link-quiet" onClick={() => onChoose("")}>
            Take the default one
          </button>
        </p>
      )}
      {lacked.length > 0 && (
        <>
          <p class="field-hint">Not on this server yet:</p>
          <ul class="pulls">
            {lacked.map((name) => (
              <li key={name}>
                {refusal === null ? (
                  <button type="button" class="toggle pull-button" aria-label={`${modelTitle(name)}: pull it`} onClick={() => pull(name)}>
                    {modelTitle(name)}{" "}
                    <span class="pull-word">
                      <Icon name="download" /> Pull it
                    </span>
                  </button>
                ) : (
                  <span class="chip">{modelTitle(name)}</span>
                )}
              </li>
            ))}
          </ul>
          {refusal !== null && <p class="field-hint">{refusal}</p>}
        </>
      )}
      {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
      {shown.length > 0 && (
        <ModelOrderList
          orders={shown}
          onUse={(model) => {
            onChoose(findModel(items, model)?.name ?? model);
            asked.value = asked.value.filter((name) => name !== model);
          }}
        />
      )}
    </div>
  );
}
