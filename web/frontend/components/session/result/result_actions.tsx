import type { LiveSession } from "../../../state/live_session.ts";
import { Icon } from "../../icon.tsx";

/** Takes the answer elsewhere: as a file, or on paper. */
export function ResultActions({ live, result }: { live: LiveSession; result: string }) {
  const save = (): void => {
    const name = (live.detail.peek()?.name ?? "result").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
    const address = URL.createObjectURL(new Blob([result], { type: "text/markdown" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `${name || "result"}.md`;
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <>
      <button type="button" class="btn btn-quiet btn-sm" onClick={save}>
        <Icon name="download" /> Download
      </button>
      <button type="button" class="btn btn-quiet btn-sm" onClick={() => print()}>
        <Icon name="printer" /> Print
      </button>
    </>
  );
}
