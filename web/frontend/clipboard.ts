// Copying a text.

/** The clipboard's own interface is missing on pages without TLS from another host; selecting works there. */
export async function copyText(text: string): Promise<void> {
  if ("clipboard" in navigator && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const hasCopied = document.execCommand("copy");
  area.remove();
  if (!hasCopied) throw new Error("not copied");
}
