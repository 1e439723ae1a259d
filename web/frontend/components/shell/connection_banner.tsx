import { connection, health } from "../../live.ts";
import { troubleOf } from "../../state/trouble.ts";
import { Icon } from "../icon.tsx";

/** Says what is away, and what happens meanwhile; the region is always there, so that screen readers hear of it. */
export function ConnectionBanner() {
  const trouble = troubleOf(connection.value, health.value);
  return (
    <div role="status">
      {trouble !== null && (
        <p class="banner">
          <Icon name={trouble.icon} class={trouble.isTurning ? "is-turning" : ""} />
          <span>
            <strong>{trouble.title}</strong> {trouble.text}
          </span>
        </p>
      )}
    </div>
  );
}
