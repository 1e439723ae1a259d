// `/settings`: the account, the tokens, this browser; for admins people and the server's settings.
import { AccountPanel } from "../components/account_panel.tsx";
import { BrowserPanel } from "../components/browser_panel.tsx";
import { ServerSettingsPanel } from "../components/server_settings_panel.tsx";
import { TokensPanel } from "../components/tokens_panel.tsx";
import { UsersPanel } from "../components/users_panel.tsx";
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
