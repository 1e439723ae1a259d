import { chooseTheme, theme } from "../../state/theme_choice.ts";
import { THEMES } from "../../theme.ts";
import { Icon } from "../icon.tsx";
import { NotifySwitch } from "../notify_switch.tsx";
import { Panel } from "../panel.tsx";
import { LOOKS } from "../shell/theme_switch.tsx";

/** What is kept in this browser alone. */
export function BrowserPanel() {
  return (
    <Panel id="browser" title="This browser">
      <fieldset class="theme-choice">
        <legend class="form-label">Theme</legend>
        {THEMES.map((each) => (
          <label key={each} class="check-line">
            <input type="radio" name="theme" checked={theme.value === each} onChange={() => chooseTheme(each)} />
            <Icon name={LOOKS[each].icon} /> {LOOKS[each].word.replace(/^./, (letter) => letter.toUpperCase())}
          </label>
        ))}
      </fieldset>
      <NotifySwitch label="Notify me when a session ends while I do not look" />
    </Panel>
  );
}
