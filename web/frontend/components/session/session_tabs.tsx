import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { IconName } from "../../icons.ts";
import { TABS, type Tab } from "../../state/session_place.ts";
import { follow, go, tabHref } from "../../state/session_route.ts";
import { Icon } from "../icon.tsx";

const LOOKS: Record<Tab, { icon: IconName; title: string }> = {
  swarm: { icon: "share", title: "Swarm" },
  streams: { icon: "chat-left-text", title: "Streams" },
  timeline: { icon: "bar-chart-steps", title: "Timeline" },
  plan: { icon: "diagram-3", title: "Plan" },
  files: { icon: "folder2-open", title: "Files" },
  result: { icon: "check-circle", title: "Result" },
  log: { icon: "journal-text", title: "Log" },
};

interface Props {
  shown: Tab;
  /** How much there is behind a tab; nothing where there is no number. */
  counts: Partial<Record<Tab, number | string>>;
  children: ComponentChildren;
}

const placeOf = (tab: Tab) => ({ tab, file: null, chosen: {}, seq: null });

/** The views of a session, each at an address of its own; arrow keys go from one to the next. */
export function SessionTabs({ shown, counts, children }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a phone the row is wider than the screen.
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (tab && list.current) list.current.scrollLeft = tab.offsetLeft - (list.current.clientWidth - tab.offsetWidth) / 2;
  }, [shown]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = TABS.indexOf(shown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + TABS.length, Home: 0, End: TABS.length - 1 }[event.key];
    const next = to === undefined || event.ctrlKey || event.altKey || event.metaKey ? undefined : TABS[to % TABS.length];
    if (next === undefined) return;
    event.preventDefault();
    go(placeOf(next), "replace");
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label="Views of this session" onKeyDown={onKeyDown}>
        {TABS.map((tab) => (
          <a
            key={tab}
            id={`tab-${tab}`}
            class="tab"
            role="tab"
            href={tabHref(tab)}
            aria-selected={tab === shown}
            aria-controls="tab-panel"
            tabIndex={tab === shown ? 0 : -1}
            onClick={(event) => follow(event, placeOf(tab))}
          >
            <Icon name={LOOKS[tab].icon} />
            {LOOKS[tab].title}
            {counts[tab] !== undefined && <span class="tab-count tabular">{counts[tab]}</span>}
          </a>
        ))}
      </div>
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${shown}`} data-tab={shown}>
        {children}
      </div>
    </>
  );
}
