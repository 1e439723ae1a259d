import { api } from "../../api.ts";
import type { ServerSetting } from "../../api_types.ts";
import { useFetched } from "../../state/use_fetched.ts";
import { ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";

const SOURCES: Record<ServerSetting["source"], string> = {
  environment: "environment", file: "run.json", argument: "argument", default: "default",
};

/** The settings of the web process that answers, each with where its value comes from; they change by its environment. */
export function ServerSettingsPanel() {
  const { value: settings, trouble } = useFetched(api.listSettings);
  return (
    <Panel id="server" title="Server settings">
      <p class="muted settings-lead">They are set where the server is started, by the environment; docs/settings.md explains each.</p>
      {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
      {settings.value === null ? (
        trouble.value === null && <Skeleton lines={6} />
      ) : (
        <div class="table-scroll" role="group" aria-label="Server settings" tabIndex={0}>
          <table class="plain-table">
            <thead>
              <tr>
                <th scope="col">Variable</th>
                <th scope="col">Value</th>
                <th scope="col">Source</th>
              </tr>
            </thead>
            <tbody>
              {settings.value.map((setting) => (
                <tr key={setting.variable}>
                  <th scope="row">
                    <code>{breakable(setting.variable)}</code>
                  </th>
                  <td>{sayValue(setting)}</td>
                  <td>{setting.source === "default" ? <span class="muted">default</span> : SOURCES[setting.source]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** A long name may end its line after each part. */
const breakable = (name: string) => name.split("_").flatMap((part, at) => (at === 0 ? [part] : ["_", <wbr key={at} />, part]));

function sayValue({ value, is_secret: isSecret, source }: ServerSetting) {
  if (isSecret) return <span class="muted">{source === "default" ? "not set" : "set, not shown"}</span>;
  return value === null ? <span class="muted">not set</span> : <code>{value}</code>;
}
