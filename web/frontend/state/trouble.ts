// What the banner says of parts that are away. Pure.
import type { LiveHealth } from "../api_types.ts";
import type { IconName } from "../icons.ts";
import type { Connection } from "../live.ts";

export interface Trouble {
  icon: IconName;
  isTurning?: true;
  title: string;
  text: string;
}

/** What is slower or does not work now; the worst where it is several things, null where all is well. */
export function troubleOf(connection: Connection, { redis, database }: LiveHealth): Trouble | null {
  if (connection === "offline") {
    return { icon: "wifi-off", title: "The dashboard does not answer.", text: "What you see may be old; this page keeps trying." };
  }
  if (!database) {
    const text = "Running sessions go on for a while; nothing is lost. This page goes on once it is back.";
    return { icon: "database", title: "The database does not answer.", text };
  }
  if (connection === "reconnecting") {
    const text = "Until then this page looks for news every 5 seconds.";
    return { icon: "arrow-repeat", isTurning: true, title: "Reconnecting…", text };
  }
  if (!redis) {
    const text = "Sessions go on; this page looks for news every 2 seconds, and new sessions start once it is back.";
    return { icon: "lightning-charge", title: "Redis is away.", text };
  }
  return null;
}
