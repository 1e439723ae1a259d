import { plural } from "../../../format.ts";
import type { Step } from "../../../state/session_state.ts";
import { Given } from "../../given.tsx";
import { Icon } from "../../icon.tsx";

/** What a step did not get to read, because the model's context has no room for it. */
export function LeftOut({ step: { leftOut } }: { step: Step }) {
  if (leftOut === null) return null;
  return (
    <div class="left-out">
      <Icon name="scissors" />
      <div>
        The model’s context has no room for all of its prompt. About {plural(leftOut.tokens, "token")} were left out:
        <ul>
          {leftOut.what.map((what, index) => (
            <li key={index}>
              <Given text={what} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
