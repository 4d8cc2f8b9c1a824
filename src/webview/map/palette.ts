/** Colours of the map, from the custom properties of map.css, which follow VS Code's theme. */
import type { Palette } from './draw.ts';

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--map-${name}`).trim();
  return {
    data: colour('data'),
    table: colour('table'),
    line: colour('line'),
    text: colour('text'),
    cursor: colour('cursor'),
    states: { live: colour('live'), zapped: colour('zapped'), freed: colour('zapped'), leaked: colour('leaked') },
  };
}

/** Calls `changed` when VS Code changes the theme: it then sets other classes and variables. Returns how to stop that. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  return () => observer.disconnect();
}
