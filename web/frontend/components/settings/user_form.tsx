import { useSignal } from "@preact/signals";
import { describedBy, Field } from "../form/field.tsx";

const MINIMUM_LENGTH = 8;

interface Props {
  /** Returns what is wrong by field; nothing where it worked. */
  onCreate: (email: string, password: string, isAdmin: boolean) => Promise<Record<string, string>>;
}

/** Makes an account with a first password, to be handed over. */
export function UserForm({ onCreate }: Props) {
  const email = useSignal("");
  const password = useSignal("");
  const isAdmin = useSignal(false);
  const problems = useSignal<Record<string, string>>({});
  const submit = async (): Promise<void> => {
    problems.value = checkPerson(email.peek(), password.peek());
    if (Object.keys(problems.peek()).length > 0) return;
    problems.value = await onCreate(email.peek(), password.peek(), isAdmin.peek());
    if (Object.keys(problems.peek()).length > 0) return;
    email.value = "";
    password.value = "";
    isAdmin.value = false;
  };
  const emailProblem = problems.value["email"];
  const passwordProblem = problems.value["password"];
  return (
    <form
      class="settings-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field id="user-email" label="New person's email address" problem={emailProblem}>
        <input
          {...describedBy("user-email", emailProblem)}
          class="form-control"
          type="email"
          autocomplete="off"
          value={email.value}
          onInput={(event) => (email.value = event.currentTarget.value)}
        />
      </Field>
      <Field id="user-password" label="First password" problem={passwordProblem}>
        <input
          {...describedBy("user-password", passwordProblem)}
          class="form-control"
          type="password"
          autocomplete="new-password"
          value={password.value}
          onInput={(event) => (password.value = event.currentTarget.value)}
        />
      </Field>
      <label class="check-line">
        <input
          class="form-check-input"
          type="checkbox"
          checked={isAdmin.value}
          onChange={(event) => (isAdmin.value = event.currentTarget.checked)}
        />
        Admin
      </label>
      <button type="submit" class="btn btn-primary">
        Add person
      </button>
    </form>
  );
}

/** What the API would refuse, found before it is asked. */
function checkPerson(email: string, password: string): Record<string, string> {
  return {
    ...(/^[^@]+@[^@]+$/.test(email.trim()) ? {} : { email: "This is not an email address." }),
    ...(password.length >= MINIMUM_LENGTH ? {} : { password: `A password has at least ${MINIMUM_LENGTH} characters.` }),
  };
}
