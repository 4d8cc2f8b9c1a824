/** The page's frame: everything it may load is named, and nothing else is allowed. */
export interface PageParts {
  /** Where the page's own files come from (VS Code's `webview.cspSource`). */
  source: string;
  script: string;
  style: string;
  /** Fresh for each page, so that only our script runs. */
  nonce: string;
}

/** HTML of the panel's page. The parts are ours; nothing of a guest is in it. */
export function panelHtml({ source, script, style, nonce }: PageParts): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${source}; font-src ${source}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MPX Tables</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}

/** A nonce for `panelHtml`: 128 random bits. */
export function makeNonce(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
