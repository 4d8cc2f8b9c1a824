import type { ComponentChildren } from 'preact';
import './notice.css';

/** What stands in an empty place: says why it is empty, and what to do. */
export function Notice({ children }: { children: ComponentChildren }) {
  return <div class="notice">{children}</div>;
}

export function Button({ label, onClick, secondary }: { label: string; onClick: () => void; secondary?: boolean }) {
  return (
    <button type="button" class={`button ${secondary ? 'button-secondary' : ''}`} onClick={onClick}>
      {label}
    </button>
  );
}
