import { useSignal } from "@preact/signals";
import { Form } from "../form/form.tsx";
import { TextField } from "../form/text_field.tsx";

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
  return (
    <Form class="settings-form" onSubmit={submit}>
      <TextField
        id="user-email"
        label="New person's email address"
        problem={problems.value["email"]}
        type="email"
        value={email.value}
        onInput={(typed) => (email.value = typed)}
      />
      <TextField
        id="user-password"
        label="First password"
        problem={problems.value["password"]}
        type="password"
        autocomplete="new-password"
        value={password.value}
        onInput={(typed) => (password.value = typed)}
      />
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
    </Form>
  );
}

/** What the API would refuse, found before it is asked. */
function checkPerson(email: string, password: string): Record<string, string> {
  return {
    ...(/^[^@]+@[^@]+$/.test(email.trim()) ? {} : { email: "This is not an email address." }),
    ...(password.length >= MINIMUM_LENGTH ? {} : { password: `A password has at least ${MINIMUM_LENGTH} characters.` }),
  };
}
