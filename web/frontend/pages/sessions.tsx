// `/sessions`: what is active, what has ended, and the form for something new.
import { ActiveList } from "../components/active_list.tsx";
import { HistoryList } from "../components/history_list.tsx";
import { SessionForm } from "../components/session_form.tsx";
import { StatisticsPanel } from "../components/statistics_panel.tsx";
import { followSessions } from "../state/sessions_store.ts";
import { isAdmin, mountPage, pageRoot } from "./mount.tsx";

function Sessions() {
  return (
    <div class="columns columns-form">
      <div class="column-stack">
        <ActiveList isOwnerShown={isAdmin} />
        <HistoryList isOwnerShown={isAdmin} />
        <StatisticsPanel />
      </div>
      <SessionForm mayRunCommands={pageRoot().dataset["commands"] === "true"} />
    </div>
  );
}

mountPage(<Sessions />);
followSessions();
