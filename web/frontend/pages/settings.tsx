// `/settings`: the account, the tokens, this browser; for admins people and the server's settings.
import { AccountPanel } from "../components/settings/account_panel.tsx";
import { BrowserPanel } from "../components/settings/browser_panel.tsx";
import { ServerSettingsPanel } from "../components/settings/server_settings_panel.tsx";
import { TokensPanel } from "../components/settings/tokens_panel.tsx";
import { UsersPanel } from "../components/settings/users_panel.tsx";
import { isAdmin, mountPage, pageRoot } from "./mount.tsx";

const { email = "" } = pageRoot().dataset;

mountPage(
  <div class="column-stack">
    <div class="settings-pair">
      <AccountPanel email={email} isAdmin={isAdmin} />
      <BrowserPanel />
    </div>
    <TokensPanel />
    {isAdmin && <UsersPanel ownEmail={email} />}
    {isAdmin && <ServerSettingsPanel />}
  </div>,
);
