/** Is MPX on, and if not, why not; and what the tables cost. */
import type { ComponentChildren } from 'preact';
import type { OverviewResponse } from '../../protocol/panel.ts';
import { bytes, count, plural, times } from '../format.ts';
import { Icon } from '../icon.tsx';
import './overview.css';

/** A table can take four times its area; more than the data itself is worth a look, once it is more than a trifle. */
const BLOW_UP = 1;
const BLOW_UP_FROM = 1 << 20;

export function Overview({ overview }: { overview: OverviewResponse }) {
  return (
    <div class="overview">
      <section aria-labelledby="mpx-state">
        <h2 id="mpx-state">
          <Icon name={overview.enabled ? 'pass-filled' : 'circle-slash'} tone={overview.enabled ? 'good' : 'warn'} />
          {overview.enabled ? 'MPX is enabled' : 'MPX is off'}
        </h2>
        <ul class="conditions" aria-label="Conditions for MPX">
          {overview.conditions.map((condition) => (
            <li key={condition.name}>
              <Icon name={condition.ok ? 'check' : 'close'} tone={condition.ok ? 'good' : 'bad'} />
              <span class="visually-hidden">{condition.ok ? 'Met: ' : 'Not met: '}</span>
              <span class="condition-name">{condition.name}</span>
              <span class="condition-detail">{condition.detail}</span>
            </li>
          ))}
        </ul>
      </section>
      <Directory overview={overview} />
      <Tables tables={overview.tables} />
      <Memory memory={overview.memory} />
    </div>
  );
}

function Directory({ overview: { directory, kernelProfile } }: { overview: OverviewResponse }) {
  return (
    <Figures id="directory" title="Bounds directory">
      {directory ? (
        <>
          <Figure name="Address" value={directory.address} code />
          <Figure
            name="Size"
            value={`${bytes(Number(BigInt(directory.size)))}, ${bytes(directory.residentBytes)} resident`}
          />
          <Figure
            name="Looked after by the kernel"
            value={directory.managed ? 'yes, it allocates and frees tables' : 'no, the program must do so itself'}
          />
          {directory.kernelBdAddr && directory.kernelBdAddr !== directory.address ? (
            <Figure name="The kernel's address of it" value={directory.kernelBdAddr} code />
          ) : null}
        </>
      ) : (
        <Figure name="Address" value="none yet" />
      )}
      <Figure name="Kernel" value={kernelProfile} />
    </Figures>
  );
}

function Tables({ tables }: { tables: OverviewResponse['tables'] }) {
  return (
    <Figures id="counts" title="Bounds tables">
      <Figure name="Live" value={count(tables.live)} />
      <Figure name="Allocated so far" value={count(tables.everAllocated)} />
      <Figure name="Freed" value={count(tables.freed)} />
      <Figure name="Zapped (emptied, not freed)" value={count(tables.zapped)} />
      <Figure
        name="Leaked"
        value={tables.leaked ? `${plural(tables.leaked, 'table')} with no mapping left in the area` : 'none'}
        warn={tables.leaked > 0}
      />
    </Figures>
  );
}

function Memory({ memory }: { memory: OverviewResponse['memory'] }) {
  const resident = memory.tableResidentBytes + memory.directoryResidentBytes;
  const ratio = times(resident, memory.dataBytes);
  return (
    <Figures
      id="memory"
      title="Memory"
      picture={
        <MemoryBars
          parts={[
            { kind: 'data', bytes: memory.dataBytes },
            { kind: 'table', bytes: memory.tableResidentBytes },
            { kind: 'directory', bytes: memory.directoryResidentBytes },
          ]}
        />
      }
    >
      <Figure name="Tables, reserved" value={bytes(memory.tableVirtualBytes)} />
      <Figure name="Tables, resident" value={bytes(memory.tableResidentBytes)} />
      <Figure name="Directory, resident" value={bytes(memory.directoryResidentBytes)} />
      <Figure name="Data of the program" value={bytes(memory.dataBytes)} />
      {ratio ? (
        <Figure
          name="MPX takes"
          value={`${ratio} the program's data`}
          warn={resident > BLOW_UP * Math.max(memory.dataBytes, BLOW_UP_FROM)}
        />
      ) : null}
    </Figures>
  );
}

/** What MPX takes beside what the program itself takes, in one scale; the figures below it say the same in words. */
function MemoryBars({ parts }: { parts: { kind: string; bytes: number }[] }) {
  const most = Math.max(1, ...parts.map((part) => part.bytes));
  return (
    <div class="memory-bars" aria-hidden="true">
      {parts.map((part) => (
        <div
          key={part.kind}
          class={`memory-bar memory-bar-${part.kind}`}
          style={{ width: `${(100 * part.bytes) / most}%` }}
        />
      ))}
    </div>
  );
}

function Figures({
  id,
  title,
  picture,
  children,
}: {
  id: string;
  title: string;
  picture?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section aria-labelledby={`figures-${id}`}>
      <h2 id={`figures-${id}`}>{title}</h2>
      {picture}
      <dl class="figures">{children}</dl>
    </section>
  );
}

function Figure({ name, value, code, warn }: { name: string; value: string; code?: boolean; warn?: boolean }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class={code ? 'code' : undefined}>
        {warn ? <Icon name="warning" tone="warn" /> : null}
        {value}
      </dd>
    </div>
  );
}
