// The Chromium that shows pages in tests: Debian's, headless and without services of its own.
const fs = require('node:fs');

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of the browser; undefined if there is none. */
const findChromium = () => CANDIDATES.find((file) => file && fs.existsSync(file));

/** Options for playwright-core's `chromium.launch`. */
function chromiumOptions() {
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error('no Chromium: install it (apt-get install chromium) or set CHROMIUM to its path');
  return {
    executablePath,
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  };
}

module.exports = { chromiumOptions, findChromium };
