// `/sessions/<id>`: one session, live while it runs and whole afterwards; each of its views at an address of its own.
import { effect } from "@preact/signals";
import { Given } from "../components/given.tsx";
import { Icon } from "../components/icon.tsx";
import { ErrorNote, Skeleton } from "../components/notes.tsx";
import { SessionHeader } from "../components/session/session_header.tsx";
import { SessionNews } from "../components/session/session_news.tsx";
import { SessionViews } from "../components/session/session_views.tsx";
import { announce } from "../state/announcer.ts";
import { openSession, type LiveSession } from "../state/live_session.ts";
import { showSessionSign } from "../state/page_sign.ts";
import { offerSessionCommands } from "../state/session_commands.ts";
import { seenState } from "../states.ts";
import { mountPage, pageRoot } from "./mount.tsx";

const { sessionId = "", sessionName = "", template: hasTemplate } = pageRoot().dataset;

function Session({ live, name }: { live: LiveSession; name: string }) {
  const detail = live.detail.value;
  const isReady = live.isComplete.value && detail !== null;
  return (
    <>
      <a class="back-link" href="/sessions">
        <Icon name="arrow-left" /> Sessions
      </a>
      {isReady ? (
        <>
          {live.trouble.value !== null && <ErrorNote>{live.trouble}</ErrorNote>}
          <SessionHeader live={live} detail={detail} hasTemplate={hasTemplate !== undefined} />
          <SessionNews live={live} detail={detail} />
          <SessionViews live={live} />
        </>
      ) : (
        <>
          <h1 class="page-title">
            <Given text={name} />
          </h1>
          {live.trouble.value === null ? <Skeleton lines={8} /> : <ErrorNote>{live.trouble}</ErrorNote>}
        </>
      )}
    </>
  );
}

/** Tell those who do not see it that the state changed. */
function tellMoves(live: LiveSession): void {
  let known: string | null = null;
  effect(() => {
    if (!live.isComplete.value) return;
    const { status, desired, waitsFor } = live.state.value;
    const seen = seenState(status, desired, waitsFor);
    if (known !== null && known !== seen) announce(`The session is ${seen}.`);
    known = seen;
  });
}

const live = openSession(sessionId);
mountPage(<Session live={live} name={sessionName} />);
tellMoves(live);
showSessionSign(live);
offerSessionCommands(live);
