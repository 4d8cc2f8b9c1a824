/**
 * The page's words. Each is written in English where it is used; the extension puts the translations that VS Code has for its
 * display language into the page (`panelHtml`).
 */
const translations: Readonly<Record<string, string>> = readTranslations();

function readTranslations(): Record<string, string> {
  // Outside of a page (tests of the model) everything stays English.
  const element = typeof document === 'undefined' ? null : document.getElementById('translations');
  return element?.textContent ? JSON.parse(element.textContent) : {};
}

/** `english` in the user's language; `{0}`, `{1}` … stand for `values`. */
export function t(english: string, ...values: (string | number)[]): string {
  const text = Object.hasOwn(translations, english) ? translations[english] : english;
  return text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)] ?? ''));
}
