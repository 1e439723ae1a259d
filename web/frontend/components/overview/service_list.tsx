import type { Overview } from "../../api_types.ts";
import { health } from "../../live.ts";
import type { IconName } from "../../icons.ts";
import { plural } from "../../format.ts";
import { serverTitle } from "../../models.ts";
import { Icon } from "../icon.tsx";

interface Service {
  icon: IconName;
  name: string;
  detail: string;
  isWell: boolean;
}

function servicesOf({ components, models }: Overview): Service[] {
  const { redis, workers, model_server } = components;
  // Without its database the dashboard sends no figures: what it sent last is no longer so.
  const database = { ...components.database, ok: components.database.ok && health.value.database };
  const databaseName = database.kind === "postgresql" ? "PostgreSQL" : "SQLite";
  return [
    { icon: "database", name: "Database", isWell: database.ok, detail: database.ok ? databaseName : `${databaseName} does not answer` },
    {
      icon: "lightning-charge",
      name: "Redis",
      isWell: redis.ok,
      detail: redis.ok ? "Connected" : "Away: sessions go on, news comes late",
    },
    {
      icon: "hdd-network",
      name: "Workers",
      isWell: workers.ok,
      detail: workers.count > 0 ? plural(workers.count, "worker process", "worker processes") : "None: sessions wait",
    },
    {
      icon: "robot",
      name: "Model server",
      isWell: model_server.ok,
      detail: model_server.ok ? serverTitle(models) : (model_server.detail ?? "Does not answer"),
    },
  ];
}

/** The parts that the product stands on, each with whether it is well. */
export function ServiceList({ overview }: { overview: Overview }) {
  return (
    <ul class="services">
      {servicesOf(overview).map((service) => (
        <li key={service.name} class={`service ${service.isWell ? "is-well" : "is-ill"}`}>
          <span class="service-icon">
            <Icon name={service.icon} />
          </span>
          <span class="service-text">
            <span class="service-name">{service.name}</span>
            <span class="service-detail" title={service.detail}>
              {service.detail}
            </span>
          </span>
          <span class="service-sign">
            <Icon name={service.isWell ? "check-circle-fill" : "exclamation-triangle-fill"} />
            <span class="visually-hidden">{service.isWell ? "well" : "in trouble"}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
