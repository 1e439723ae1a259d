import { useSignal } from "@preact/signals";
import { END_STATES, SORTS, isFiltered, isUsuallyAscending, emptyQuery, type HistoryQuery } from "../../history_query.ts";
import { architectureName } from "../../format.ts";
import { modelTitle } from "../../models.ts";
import { changeQuery } from "../../state/history_store.ts";
import { models } from "../../state/models_store.ts";
import { Icon } from "../icon.tsx";
import { stateWord } from "../state_badge.tsx";

const ARCHITECTURES = ["HIERARCHICAL", "CENTRALIZED", "FULLY_CONNECTED"] as const;

/** What is searched for, what is left out, and what comes first. */
export function HistoryFilters({ query, isOwnerShown }: { query: HistoryQuery; isOwnerShown: boolean }) {
  const others = [query.architecture, query.model, query.owner, query.since, query.until].filter((value) => value !== "").length;
  const isOpen = useSignal(others > 0);
  const sort = SORTS.find(({ code }) => code === query.sort) ?? SORTS[0];
  const toggle = (state: string): void =>
    changeQuery({
      states: query.states.includes(state) ? query.states.filter((each) => each !== state) : [...query.states, state],
    });
  return (
    <search class="history-filters">
      <div class="history-search">
        <Icon name="search" />
        <input
          id="history-search"
          class="form-control"
          type="search"
          dir="auto"
          maxLength={200}
          autocomplete="off"
          aria-label="Search names, tasks and results"
          aria-keyshortcuts="/"
          placeholder="Search names, tasks and results"
          value={query.q}
          onInput={(event) => changeQuery({ q: event.currentTarget.value }, true)}
        />
      </div>
      <div class="history-line">
        <div class="state-choice" role="group" aria-label="State">
          {END_STATES.map((state) => (
            <button
              key={state}
              type="button"
              class={`toggle state-${state} ${query.states.includes(state) ? "is-on" : ""}`}
              aria-pressed={query.states.includes(state)}
              onClick={() => toggle(state)}
            >
              {query.states.includes(state) && <Icon name="check-lg" />}
              {stateWord(state)}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          aria-expanded={isOpen.value}
          aria-controls="history-more-filters"
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          <Icon name="sliders" /> Filters{others > 0 && ` (${others})`}
        </button>
        {isFiltered(query) && (
          <button
            type="button"
            class="btn-link-quiet"
            onClick={() => changeQuery({ ...emptyQuery, sort: query.sort, isAscending: query.isAscending })}
          >
            Clear
          </button>
        )}
        <div class="history-sort">
          <label class="visually-hidden" for="history-sort">
            Sort by
          </label>
          <select
            id="history-sort"
            class="form-select"
            value={query.sort}
            onChange={({ currentTarget: { value } }) => changeQuery({ sort: value, isAscending: isUsuallyAscending(value) })}
          >
            {SORTS.map(({ code, title }) => (
              <option key={code} value={code}>
                {title}
              </option>
            ))}
          </select>
          <button
            type="button"
            class="btn btn-quiet btn-sm"
            aria-label={`${sort.title}, ${query.isAscending ? sort.up : sort.down}: turn around`}
            onClick={() => changeQuery({ isAscending: !query.isAscending })}
          >
            {query.isAscending ? sort.up : sort.down}
          </button>
        </div>
      </div>
      {isOpen.value && (
        <div class="history-fields" id="history-more-filters">
          <label>
            Architecture
            <select
              class="form-select"
              value={query.architecture}
              onChange={(event) => changeQuery({ architecture: event.currentTarget.value })}
            >
              <option value="">Any</option>
              {ARCHITECTURES.map((code) => (
                <option key={code} value={code}>
                  {architectureName(code)}
                </option>
              ))}
            </select>
          </label>
          <label>
            Model
            <input
              class="form-control"
              list="history-models"
              placeholder="Any"
              value={query.model}
              onInput={(event) => changeQuery({ model: event.currentTarget.value }, true)}
            />
            <datalist id="history-models">
              {(models.value?.items ?? []).map(({ name }) => (
                <option key={name} value={name}>
                  {modelTitle(name)}
                </option>
              ))}
            </datalist>
          </label>
          {isOwnerShown && (
            <label>
              Owner
              <input
                class="form-control"
                type="email"
                placeholder="Any"
                value={query.owner}
                onInput={(event) => changeQuery({ owner: event.currentTarget.value }, true)}
              />
            </label>
          )}
          <label>
            Ended from
            <input
              class="form-control"
              type="date"
              max={query.until}
              value={query.since}
              onChange={(event) => changeQuery({ since: event.currentTarget.value })}
            />
          </label>
          <label>
            Ended until
            <input
              class="form-control"
              type="date"
              min={query.since}
              value={query.until}
              onChange={(event) => changeQuery({ until: event.currentTarget.value })}
            />
          </label>
        </div>
      )}
    </search>
  );
}
