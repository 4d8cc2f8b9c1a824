import { Icon } from '../icon.tsx';

/** A button of a tool bar: an icon, its name as tooltip and for screen readers. */
export function Tool({
  icon,
  label,
  onClick,
  disabled,
}: {
  icon: string;
  label: string;
  onClick: () => void;
  disabled?: boolean;
}) {
  return (
    <button type="button" class="tool" title={label} aria-label={label} disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
