// The icons that pages use: those of Bootstrap Icons by their names there, and our own from the folder `icons`.

export const iconNames = [
  "activity", "alarm", "arrow-down", "arrow-left", "arrow-repeat", "arrow-right", "bar-chart-line", "bar-chart-steps", "box-arrow-right",
  "bullseye", "chat-left-text", "check-circle", "check-circle-fill", "check-lg", "chevron-down", "chevron-right", "circle", "circle-half",
  "clipboard", "clock", "clock-history", "code-slash", "cpu", "crown", "cup-hot", "dash-lg", "database", "diagram-2", "diagram-3", "download",
  "exclamation-triangle-fill", "eye", "file-diff", "file-earmark-text", "file-zip", "folder2-open", "hdd", "hdd-network", "hive", "hourglass-split",
  "inbox", "info-circle", "journal-text", "lightning-charge", "link-45deg", "list-check", "memory", "moon-stars", "pause-circle",
  "pause-circle-fill", "pencil", "person-circle", "play-fill", "plus-lg", "printer", "question-circle", "robot", "scissors", "search", "send",
  "share", "shield-lock", "sliders", "speedometer2", "stack", "stop-circle", "stop-circle-fill", "stop-fill", "stopwatch",
  "sun", "terminal", "trash3", "trophy", "wifi-off", "x-circle-fill", "x-lg", "zoom-in", "zoom-out",
  "arrow-counterclockwise", "bookmark-plus", "collection", "copy", "upload",
] as const;

export type IconName = (typeof iconNames)[number];
