import './icon.css';

/** A codicon. Decoration only, hidden from screen readers: what it says must also be said in text. */
export function Icon({ name, tone }: { name: string; tone?: 'good' | 'bad' | 'warn' | 'faint' }) {
  return <span class={`codicon codicon-${name} icon ${tone ? `icon-${tone}` : ''}`} aria-hidden="true" />;
}
