// Puts a page and the islands around it into the document.
import type { ComponentChild } from "preact";
import { render } from "preact";
import { ConfirmDialog } from "../components/shell/confirm_dialog.tsx";
import { ConnectionBanner } from "../components/shell/connection_banner.tsx";
import { ConnectionIndicator } from "../components/shell/connection_indicator.tsx";
import { ModelBadge } from "../components/shell/model_badge.tsx";
import { PaletteButton } from "../components/shell/palette_button.tsx";
import { ToastRegion } from "../components/shell/toast_region.tsx";
import { followKeyboard } from "../keyboard.ts";
import { keepFocus } from "../kept_focus.ts";
import { announcement } from "../state/announcer.ts";
import { followModels } from "../state/models_store.ts";
import { followSign } from "../state/page_sign.ts";
import "./site.ts";

/** Who is signed in, as the server wrote it on the document. */
export const isAdmin = document.body.dataset["admin"] === "true";

function Announcer() {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {announcement}
    </div>
  );
}

/** The element that the server made for the page, and that carries its data attributes. */
export function pageRoot(): HTMLElement {
  const root = document.getElementById("page");
  if (root === null) throw new Error("The document has no #page.");
  return root;
}

export function mountPage(page: ComponentChild): void {
  const put = (id: string, what: ComponentChild): void => {
    const place = document.getElementById(id);
    if (place !== null) render(what, place);
  };
  put("model-badge", <ModelBadge />);
  put("palette-button", <PaletteButton />);
  put("connection", <ConnectionIndicator />);
  put(
    "overlays",
    <>
      <ToastRegion />
      <ConfirmDialog />
      <Announcer />
    </>,
  );
  put("banner", <ConnectionBanner />);
  const root = pageRoot();
  root.replaceChildren(); // what the server drew until now
  render(page, root);
  followModels();
  followSign();
  followKeyboard();
  keepFocus();
}
