import { useEffect, useState } from 'preact/hooks';
import './filter-box.css';

/** Milliseconds without typing after which the list is filtered. */
const PAUSE = 150;

/** The filter of the table list. It takes effect when typing pauses; Escape clears it. */
export function FilterBox({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <input
      type="search"
      class="filter"
      aria-label="Filter bounds tables"
      placeholder="Filter: address, state, function"
      spellcheck={false}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !text) return;
        setText('');
        event.stopPropagation();
      }}
    />
  );
}
