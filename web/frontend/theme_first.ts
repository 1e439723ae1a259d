// Runs in the head, before anything is painted.
import { applyTheme, readTheme } from "./theme.ts";

applyTheme(readTheme());
