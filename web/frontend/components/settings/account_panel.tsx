import { signOut } from "../../state/commands.ts";
import { Icon } from "../icon.tsx";
import { Panel } from "../panel.tsx";

/** Who is signed in. */
export function AccountPanel({ email, isAdmin }: { email: string; isAdmin: boolean }) {
  return (
    <Panel id="account" title="Account">
      <dl class="facts">
        <div>
          <dt>Email address</dt>
          <dd>{email}</dd>
        </div>
        <div>
          <dt>Rights</dt>
          <dd>{isAdmin ? "Admin: sees and acts on every session" : "Member: sees and acts on own sessions"}</dd>
        </div>
      </dl>
      <div class="settings-actions">
        <a class="btn btn-quiet" href="/change">
          <Icon name="shield-lock" /> Change password
        </a>
        <button type="button" class="btn btn-quiet" onClick={signOut}>
          <Icon name="box-arrow-right" /> Sign out
        </button>
      </div>
    </Panel>
  );
}
