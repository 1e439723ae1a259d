import { useSignal } from "@preact/signals";
import { api, sentenceOf } from "../../api.ts";
import { isolate } from "../../bidi.ts";
import type { ApiToken } from "../../api_types.ts";
import { confirm } from "../../state/confirmation.ts";
import { showToast } from "../../state/toasts.ts";
import { useFetched } from "../../state/use_fetched.ts";
import { CopyButton } from "../copy_button.tsx";
import { Form } from "../form/form.tsx";
import { TextField } from "../form/text_field.tsx";
import { Given } from "../given.tsx";
import { ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";
import { RelativeTime } from "../times.tsx";

/** The keys of programs: make one, which is shown this once, and revoke those that are not needed any more. */
export function TokensPanel() {
  const { value: tokens, trouble, refresh } = useFetched(api.listTokens);
  const name = useSignal("");
  const secret = useSignal<string | null>(null);
  const problem = useSignal<string | undefined>(undefined);

  const create = async (): Promise<void> => {
    problem.value = name.peek().trim() === "" ? "Say what it is for." : undefined;
    if (problem.peek() !== undefined) return;
    try {
      secret.value = await api.createToken(name.peek());
      name.value = "";
      await refresh();
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  };
  const revoke = async (token: ApiToken): Promise<void> => {
    const isSure = await confirm({
      title: "Revoke this token?",
      body: `Programs that use “${isolate(token.name)}” are refused from now on.`,
      action: "Revoke token",
    });
    if (!isSure) return;
    try {
      await api.revokeToken(token.id);
    } catch (error) {
      showToast({ kind: "error", message: sentenceOf(error) });
    }
    await refresh();
  };

  return (
    <Panel id="tokens" title="API tokens" count={tokens.value?.length}>
      <div tabIndex={-1} role="group" aria-labelledby="tokens-title">
        <Form class="settings-form" onSubmit={create}>
          <TextField
            id="token-name"
            label="New token"
            hint="What it is for. The token may do all that you may."
            problem={problem.value}
            maxLength={120}
            placeholder="Nightly reports"
            value={name.value}
            onInput={(typed) => (name.value = typed)}
          />
          <button type="submit" class="btn btn-primary">
            Create token
          </button>
        </Form>
        <div role="status">
          {secret.value !== null && (
            <div class="note">
              <div>
                <strong>Copy it now: it is not shown again.</strong>
                <p class="secret">
                  <code>{secret}</code> <CopyButton text={secret.value} label="Copy the token" />
                </p>
              </div>
            </div>
          )}
        </div>
        {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
        {tokens.value === null ? (
          trouble.value === null && <Skeleton lines={2} />
        ) : tokens.value.length === 0 ? (
          <p class="muted">There is none. Programs, and the command line on other hosts, need one.</p>
        ) : (
          <div class="table-scroll" role="group" aria-label="API tokens" tabIndex={0}>
            <table class="plain-table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Made</th>
                  <th scope="col">Last used</th>
                  <th scope="col" class="is-right">
                    <span class="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {tokens.value.map((token) => (
                  <tr key={token.id}>
                    <th scope="row">
                      <Given text={token.name} />
                    </th>
                    <td>
                      <RelativeTime at={token.created_at} />
                    </td>
                    <td>{token.last_used_at === null ? "never" : <RelativeTime at={token.last_used_at} />}</td>
                    <td class="is-right">
                      <button
                        type="button"
                        class="btn btn-quiet-danger btn-sm"
                        aria-label={`Revoke ${token.name}`}
                        onClick={() => void revoke(token)}
                      >
                        Revoke
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </Panel>
  );
}
