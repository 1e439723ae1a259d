import { useSignal } from "@preact/signals";
import { api, ApiError, sentenceOf } from "../../api.ts";
import type { Account } from "../../api_types.ts";
import { showToast } from "../../state/toasts.ts";
import { useFetched } from "../../state/use_fetched.ts";
import { ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";
import { UserForm } from "./user_form.tsx";

/** Everybody who may sign in, for admins. */
export function UsersPanel({ ownEmail }: { ownEmail: string }) {
  const { value: users, trouble, refresh } = useFetched(api.listUsers);
  const busy = useSignal<string | null>(null);
  const change = async (user: Account, to: { is_admin?: boolean; is_active?: boolean }): Promise<void> => {
    if (busy.peek() !== null) return;
    busy.value = user.id;
    try {
      await api.changeUser(user.id, to);
    } catch (error) {
      showToast({ kind: "error", message: sentenceOf(error) });
    }
    await refresh();
    busy.value = null;
  };
  const create = async (email: string, password: string, isAdmin: boolean): Promise<Record<string, string>> => {
    try {
      await api.createUser({ email, password, is_admin: isAdmin });
      await refresh();
      return {};
    } catch (error) {
      const details = error instanceof ApiError ? error.details : [];
      if (details.length === 0) return { email: sentenceOf(error) };
      return Object.fromEntries(details.map(({ field, message }) => [field, message]));
    }
  };
  return (
    <Panel id="users" title="People" count={users.value?.length}>
      <UserForm onCreate={create} />
      {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
      {users.value === null ? (
        trouble.value === null && <Skeleton lines={3} />
      ) : (
        <div class="table-scroll" role="group" aria-label="People" tabIndex={0}>
          <table class="plain-table">
            <thead>
              <tr>
                <th scope="col">Email address</th>
                <th scope="col">Rights</th>
                <th scope="col" class="is-right">
                  <span class="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {users.value.map((user) => (
                <tr key={user.id}>
                  <th scope="row">{user.email}</th>
                  <td>
                    {user.is_admin ? "Admin" : "Member"}
                    {!user.is_active && <span class="chip chip-warn">deactivated</span>}
                  </td>
                  <td class="is-right">
                    {user.email === ownEmail ? (
                      <span class="muted">you</span>
                    ) : (
                      <UserActions user={user} isOff={busy.value !== null} onChange={(to) => void change(user, to)} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

interface ActionsProps {
  user: Account;
  isOff: boolean;
  onChange: (to: { is_admin?: boolean; is_active?: boolean }) => void;
}

function UserActions({ user, isOff, onChange }: ActionsProps) {
  const rights = user.is_admin ? "Make member" : "Make admin";
  const entry = user.is_active ? "Deactivate" : "Activate";
  return (
    <span class="user-actions">
      <button
        type="button"
        class="btn btn-quiet btn-sm"
        aria-label={`${rights}: ${user.email}`}
        aria-disabled={isOff}
        onClick={() => onChange({ is_admin: !user.is_admin })}
      >
        {rights}
      </button>
      <button
        type="button"
        class={`btn btn-sm ${user.is_active ? "btn-quiet-danger" : "btn-quiet"}`}
        aria-label={`${entry}: ${user.email}`}
        aria-disabled={isOff}
        onClick={() => onChange({ is_active: !user.is_active })}
      >
        {entry}
      </button>
    </span>
  );
}
