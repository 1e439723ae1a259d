// `/sessions`: what is active, what has ended, and the form for something new.
import { ActiveList } from "../components/sessions/active_list.tsx";
import { FirstRun } from "../components/sessions/first_run.tsx";
import { HistoryBrowser } from "../components/sessions/history_browser.tsx";
import { HistoryList } from "../components/sessions/history_list.tsx";
import { SessionForm } from "../components/sessions/session_form.tsx";
import { StatisticsPanel } from "../components/sessions/statistics_panel.tsx";
import { readBase } from "../state/based_on.ts";
import { followHistory, isWhole } from "../state/history_store.ts";
import { followSessions } from "../state/sessions_store.ts";
import { followDays } from "../state/statistics_store.ts";
import { beginWithTemplate } from "../state/template_draft.ts";
import { isAdmin, mountPage, pageRoot } from "./mount.tsx";

function Sessions() {
  return (
    <div class="columns columns-form">
      <div class="column-stack">
        {isWhole.value ? (
          <HistoryBrowser isOwnerShown={isAdmin} />
        ) : (
          <>
            <FirstRun />
            <ActiveList isOwnerShown={isAdmin} />
            <HistoryList isOwnerShown={isAdmin} />
          </>
        )}
      </div>
      <div class="column-stack column-create">
        <SessionForm mayRunCommands={pageRoot().dataset["commands"] === "true"} />
        <StatisticsPanel />
      </div>
    </div>
  );
}

mountPage(<Sessions />);
// What an address names was not there yet when the browser looked for it.
const named = document.getElementById(location.hash.slice(1));
named?.scrollIntoView();
named?.focus({ preventScroll: true });
followSessions();
followHistory();
followDays();
void readBase();
beginWithTemplate();
